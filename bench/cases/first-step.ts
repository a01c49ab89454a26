/** @file How long a user waits for the first step: trace, passes, session, run. */
import type { BenchCase } from '../case.js';
import { atMost } from '../report.js';
import { median } from '../timing.js';
import { batchesOf, openEngine } from '../workload.js';
import { cameraWorkload } from './camera.js';

const TARGET_MILLISECONDS = 1500;

export const firstStep: BenchCase = {
  name: 'first-step',
  usual: true,
  run: async ({ effort }) => {
    const workload = cameraWorkload();
    const batch = batchesOf(workload)();
    const times: number[] = [];
    for (let round = 0; round < effort.rounds; round++) {
      const { engine, close } = await openEngine('onnx');
      const state = await engine.createState({ ...workload.train.initialState(), ...workload.initial });
      const start = performance.now();
      await engine.compile(workload.train.whole).run(state, batch, { seed: 1, counter: 0 });
      times.push(performance.now() - start);
      state.dispose();
      await close();
    }
    return {
      name: 'first-step',
      title: 'security-camera flow: trace, session and one run',
      timings: [],
      findings: [
        {
          label: 'first step',
          value: times[0] ?? Number.NaN,
          unit: 'ms',
          spread: null,
          fastest: null,
          target: atMost(TARGET_MILLISECONDS),
        },
        {
          label: 'compiled again',
          value: median(times),
          unit: 'ms',
          spread: [Math.min(...times), Math.max(...times)],
          fastest: null,
          target: null,
        },
      ],
      notes: [],
    };
  },
};
