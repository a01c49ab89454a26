/**
 * @file `npm run bench`: training steps of ours beside those of peers, in turns on the same machine.
 *
 *   --case NAME     only this case; may be given several times
 *   --quick         fewer and shorter turns: for development, not for quoting
 *   --demo          the whole demo too, on two engines; minutes long
 *   --python PATH   an interpreter with PyTorch (or HEADGATE_BENCH_PYTHON)
 *   --json FILE     the results as JSON
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { BenchCase } from './case.js';
import { THREADS } from './case.js';
import { camera } from './cases/camera.js';
import { classes } from './cases/classes.js';
import { convolution } from './cases/convolution.js';
import { demo } from './cases/demo.js';
import { dense } from './cases/dense.js';
import { firstStep } from './cases/first-step.js';
import { heads } from './cases/heads.js';
import { language } from './cases/language.js';
import { memory } from './cases/memory.js';
import { pathways } from './cases/pathways.js';
import { sharedMachine } from './cases/shared-machine.js';
import { tiny } from './cases/tiny.js';
import { transformer } from './cases/transformer.js';
import { validatedFit } from './cases/validated-fit.js';
import { findLibrary } from './peers.js';
import { type CaseResult, isMet, printResult } from './report.js';
import { QUICK, THOROUGH } from './timing.js';

const cases: readonly BenchCase[] = [
  dense,
  tiny,
  ...heads,
  convolution,
  camera,
  transformer,
  language,
  firstStep,
  classes,
  memory,
  ...sharedMachine,
  validatedFit,
  pathways,
  demo,
];

const { values: options } = parseArgs({
  options: {
    case: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    demo: { type: 'boolean', default: false },
    python: { type: 'string' },
    json: { type: 'string' },
  },
});

function chosenCases(): readonly BenchCase[] {
  const unknown = options.case.find((name) => !cases.some((candidate) => candidate.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no case "${unknown}"; the cases are ${cases.map(({ name }) => name).join(', ')}`);
  }
  if (options.case.length > 0) return cases.filter(({ name }) => options.case.includes(name));
  return cases.filter(({ name, usual }) => usual || (name === 'demo' && options.demo));
}

function runtimeVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../node_modules/onnxruntime-node/package.json', import.meta.url), 'utf8'),
  );
  const version: unknown = typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'version');
  return String(version);
}

const python = options.python ?? (process.env.HEADGATE_BENCH_PYTHON || null);
const torch = await findLibrary(python, 'torch');
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  processors: availableParallelism(),
  threads: THREADS,
  load: loadavg()[0] ?? Number.NaN,
  node: process.version,
  onnxruntime: runtimeVersion(),
  torch: 'version' in torch ? torch.version : null,
};
console.log(
  `${machine.processor}, ${machine.processors} processors, ${THREADS} threads each; load ${machine.load.toFixed(1)}`,
);
console.log(`node ${machine.node}, onnxruntime ${machine.onnxruntime}, torch ${machine.torch ?? 'absent'}`);

if (machine.load > machine.processors / 4) {
  console.log('Other work is running here: the medians say little, and threads that wait by spinning lose most.');
}

const context = { quick: options.quick, effort: options.quick ? QUICK : THOROUGH, python };
const results: CaseResult[] = [];
const failures: { name: string; message: string }[] = [];
for (const chosen of chosenCases()) {
  try {
    const result = await chosen.run(context);
    results.push(result);
    console.log(printResult(result));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    failures.push({ name: chosen.name, message });
    console.log(`\n${chosen.name}: FAILED: ${message}`);
  }
}

const targets = results.flatMap(({ findings }) => findings).filter(({ target }) => target !== null);
console.log(`\n${targets.filter((finding) => isMet(finding)).length} of ${targets.length} targets reached.`);
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ machine, quick: options.quick, results, failures }, null, 2)}\n`);
}
if (failures.length > 0) process.exitCode = 1;
