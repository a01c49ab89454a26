/**
 * @file `npm run conformance -- <engine>`: tfjs-core's own test suite on a backend. Exits with 1 when a spec fails that
 * the engine's list of exclusions does not name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bundleSuite } from './bundle.js';

/** The parts of jasmine that are used here. */
interface Jasmine {
  readonly getEnv: () => {
    readonly configure: (options: {
      random: boolean;
      specFilter?: (spec: { getFullName: () => string }) => boolean;
    }) => void;
    readonly addReporter: (reporter: { specDone: (result: SpecResult) => void }) => void;
    readonly execute: () => Promise<unknown>;
  };
}

interface SpecResult {
  readonly fullName: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
  readonly failedExpectations: readonly { readonly message: string }[];
}

const [name = 'cpu', ...options] = process.argv.slice(2);
const pattern = options.find((option) => !option.startsWith('--'));
const listFile = new URL(`./exclusions/${name}.json`, import.meta.url);
const exclusions = new Map<string, string>(
  existsSync(listFile) ? Object.entries(JSON.parse(readFileSync(listFile, 'utf8'))) : [],
);

const require = createRequire(import.meta.url);
const core = require('jasmine-core');
const jasmine: Jasmine = core.boot(core);
const environment = jasmine.getEnv();
environment.configure({
  random: false,
  ...(pattern === undefined ? {} : { specFilter: (spec) => spec.getFullName().includes(pattern) }),
});

let [passed, excluded, skipped] = [0, 0, 0];
const failures: SpecResult[] = [];
const mended: string[] = [];
environment.addReporter({
  specDone: (result) => {
    const listed = exclusions.has(result.fullName);
    if (result.status === 'passed') {
      passed++;
      if (listed) mended.push(result.fullName);
    } else if (result.status !== 'failed') skipped++;
    else if (listed) excluded++;
    else failures.push(result);
  },
});

const { declareSuite } = await import(await bundleSuite());
// The suite provokes warnings by the hundred; what matters is counted above.
const { warn, log, error } = console;
console.warn = console.log = console.error = () => {};
await declareSuite(name);
await environment.execute();
Object.assign(console, { warn, log, error });

for (const { fullName, failedExpectations } of failures) {
  console.log(`FAILED ${fullName}\n       ${failedExpectations[0]?.message.split('\n')[0] ?? ''}`);
}
for (const fullName of mended) console.log(`passes, but is listed as excluded: ${fullName}`);
console.log(`${name}: ${passed} passed, ${failures.length} failed, ${excluded} excluded, ${skipped} skipped`);
process.exit(failures.length > 0 ? 1 : 0); // some specs leave timers behind
