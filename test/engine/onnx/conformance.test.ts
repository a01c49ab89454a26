/** @file tfjs-core's own test suite on the backend `onnx`, in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('tfjs-core passes its own specs, but for those that are excluded with a reason', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'scripts/conformance/run.ts', 'onnx'],
    { cwd: root },
  );
  const counts = /onnx: (\d+) passed, 0 failed, (\d+) excluded, (\d+) skipped/.exec(stdout)?.slice(1).map(Number);
  const [passed = 0, excluded = 0, skipped = 0] = counts ?? [];
  expect(passed + excluded + skipped, stdout).toBe(4230);
  expect(passed).toBeGreaterThanOrEqual(3987); // two hang on the last bit of a processor's exp and tan
  expect(skipped).toBe(5);
}, 300_000);
