/** @file What a step takes where another process computes: threads that spin while they wait, that sleep, and ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchCase, THREADS } from '../case.js';
import { atMost, type CaseResult, compare } from '../report.js';
import { type Contestant, type Effort, interleave, type Timing } from '../timing.js';
import { ours, type Workload } from '../workload.js';
import { cameraWorkload } from './camera.js';
import { denseWorkload } from './dense.js';

/** How long our engine looks before it has noticed. */
const NOTICE_MILLISECONDS = 1500;

const DEFAULT = 'default';
const SPINNING = 'spinning';
const SLEEPING = 'sleeping';
const ONE = 'one thread';

/** Turns long enough for the default to notice whose they are, and few: one after the other for each condition. */
async function measure(job: Workload, effort: Effort, suffix: string): Promise<readonly Timing[]> {
  const open: Contestant[] = [
    await ours(job, 'onnx', `${DEFAULT}, ${suffix}`, { threads: THREADS }),
    await ours(job, 'onnx', `${SPINNING}, ${suffix}`, { threads: THREADS, spinning: true }),
    await ours(job, 'onnx', `${SLEEPING}, ${suffix}`, { threads: THREADS, spinning: false }),
    await ours(job, 'onnx', `${ONE}, ${suffix}`, { threads: 1 }),
  ];
  try {
    const [first] = open;
    const until = performance.now() + NOTICE_MILLISECONDS;
    while (first !== undefined && performance.now() < until) await first.time(1);
    return await interleave(open, effort);
  } finally {
    for (const contestant of open) await contestant.close();
  }
}

/** Runs `f` while as many processes as are asked for do nothing but compute. */
async function inCompany<T>(others: number, f: () => Promise<T>): Promise<T> {
  const processes = Array.from({ length: others }, (): ChildProcess => spawn(process.execPath, ['-e', 'for (;;);']));
  try {
    await sleep(200); // for them to start
    return await f();
  } finally {
    for (const one of processes) one.kill('SIGKILL');
  }
}

const workloads = { dense: denseWorkload, camera: cameraWorkload } as const;

export const sharedMachine: readonly BenchCase[] = (['dense', 'camera'] as const).map((network) => ({
  name: `shared-${network}`,
  usual: false,
  run: async ({ effort }): Promise<CaseResult> => {
    const job = workloads[network]();
    const alone = await inCompany(0, () => measure(job, effort, 'alone'));
    const shared = await inCompany(1, () => measure(job, effort, 'in company'));
    const timings = [...alone, ...shared];
    const company = (name: string) => `${name}, in company`;
    return {
      name: `shared-${network}`,
      title: `${network}, a step alone and beside one process that computes; ${THREADS} threads`,
      timings,
      findings: compare(timings, [
        { of: company(DEFAULT), over: company(ONE), target: atMost(1.3) },
        { of: company(SPINNING), over: company(ONE) },
        { of: company(SLEEPING), over: company(ONE) },
        { of: `${DEFAULT}, alone`, over: `${SPINNING}, alone`, target: atMost(1.05) },
        { of: `${SLEEPING}, alone`, over: `${SPINNING}, alone` },
        { of: `${DEFAULT}, alone`, over: `${ONE}, alone` },
      ]),
      notes: [],
    };
  },
}));
