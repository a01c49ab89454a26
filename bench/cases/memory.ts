/** @file Whether a thousand steps leave anything behind. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BenchCase } from '../case.js';
import { atMost } from '../report.js';
import { ours } from '../workload.js';
import { cameraWorkload } from './camera.js';

const STEPS = 1000;
const WARM_UP = 200;
const TARGET_PERCENT = 2;

/** Resident bytes with the garbage gone. */
function residentBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().rss;
}

export const memory: BenchCase = {
  name: 'memory',
  usual: true,
  run: async ({ quick }) => {
    const steps = quick ? STEPS / 5 : STEPS;
    const contestant = await ours(cameraWorkload(), 'onnx');
    try {
      await contestant.time(WARM_UP);
      const before = residentBytes();
      await contestant.time(steps);
      const after = residentBytes();
      return {
        name: 'memory',
        title: `security-camera flow, ${steps} steps after ${WARM_UP}`,
        timings: [],
        findings: [
          {
            label: 'growth of resident memory',
            value: (after / before - 1) * 100,
            unit: '%',
            spread: null,
            fastest: null,
            target: atMost(TARGET_PERCENT),
          },
        ],
        notes: [`From ${(before / 1e6).toFixed(0)} to ${(after / 1e6).toFixed(0)} MB.`],
      };
    } finally {
      await contestant.close();
    }
  },
};
