import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { allowedProcessors, defaultThreads, isRationed, threadsOf } from '../../src/engine/threads.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A machine by its files; every other file is absent. */
const machine = (files: Readonly<Record<string, string>>) => (file: string) => files[file] ?? null;
const status = (list: string) => ({
  '/proc/self/status': `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\n`,
});
const version2 = (path: string, limits: Readonly<Record<string, string>>) => ({
  '/proc/self/cgroup': `0::${path}\n`,
  ...Object.fromEntries(Object.entries(limits).map(([group, text]) => [`/sys/fs/cgroup${group}/cpu.max`, `${text}\n`])),
});

test.each([
  ['no file at all', {}, 8],
  ['an affinity mask of two ranges', status('0-1,4'), 3],
  ['an affinity mask of one', status('5'), 1],
  ['a share of two processors', version2('/', { '': '200000 100000' }), 2],
  ['no limit', version2('/', { '': 'max 100000' }), 8],
  ['a share of one and a half: no third thread to be throttled with', version2('/', { '': '150000 100000' }), 1],
  ['a share of less than one', version2('/', { '': '20000 100000' }), 1],
  [
    'the least of the groups around it',
    version2('/a/b', { '/a/b': 'max 100000', '/a': '300000 100000', '': 'max 1' }),
    3,
  ],
  ['a group whose path holds a colon', version2('/a:b', { '/a:b': '400000 100000' }), 4],
  ['the least of both', { ...status('0-1'), ...version2('/', { '': '400000 100000' }) }, 2],
  [
    'version 1 of control groups',
    {
      '/proc/self/cgroup': '9:name=systemd:/\n2:cpu,cpuacct:/docker/x\n0::/\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us': '250000\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us': '50000\n',
    },
    5,
  ],
  [
    'version 1, mounted inside a container at its root',
    {
      '/proc/self/cgroup': '1:cpu:/docker/not-visible-here\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '100000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    1,
  ],
  [
    'version 1 without a limit',
    {
      '/proc/self/cgroup': '1:cpu:/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    8,
  ],
])('threads of eight processors: %s', (_, files, expected) => {
  expect(defaultThreads(machine(files), 8)).toBe(expected);
  expect(defaultThreads(machine(files), 2)).toBe(Math.min(2, expected));
});

test('a limit is a ration, an affinity mask is none', () => {
  expect(isRationed(machine(version2('/', { '': '400000 100000' })))).toBe(true);
  expect(isRationed(machine({ ...version2('/', { '': 'max 100000' }), ...status('0') }))).toBe(false);
  expect(allowedProcessors(machine(status('0-2,7')))).toEqual([0, 1, 2, 7]);
  expect(allowedProcessors(machine({}))).toBe(null);
});

test('the option comes before HEADGATE_THREADS, and that before the default; what is no number is refused', () => {
  vi.stubEnv('HEADGATE_THREADS', '');
  expect(threadsOf(undefined)).toBe(defaultThreads());
  vi.stubEnv('HEADGATE_THREADS', '3');
  expect(threadsOf(undefined)).toBe(3);
  expect(threadsOf(5)).toBe(5);
  for (const wrong of [0, -1, 1.5, Number.NaN]) {
    expect(() => threadsOf(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'threads' }));
  }
  vi.stubEnv('HEADGATE_THREADS', 'two');
  expect(() => threadsOf(undefined)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'HEADGATE_THREADS' }),
  );
});

const run = promisify(execFile);
const canPin = await run('taskset', ['-c', '0', 'true']).then(
  () => true,
  () => false,
);

test.skipIf(!canPin)('pinned to one processor: one thread by default, and equal threads give equal bytes', async () => {
  const program = fileURLToPath(new URL('threads-training.ts', import.meta.url));
  const train = async (pinned: boolean, threads: string): Promise<{ threads: number; weights: string }> => {
    const node = [process.execPath, '--import', 'tsx', program];
    const [command = '', ...rest] = pinned ? ['taskset', '-c', '0', ...node] : node;
    const { stdout } = await run(command, rest, { env: { ...process.env, HEADGATE_THREADS: threads } });
    return JSON.parse(stdout) as { threads: number; weights: string }; // written by the program
  };
  const one = await train(true, '');
  expect(one.threads).toBe(1);
  expect(await train(false, '1')).toEqual(one);
  const two = await train(true, '2');
  expect(two.threads).toBe(2);
  expect(await train(false, '2')).toEqual(two);
});
