/** @file A fit on a real terminal (a pseudo-terminal of Python's): what it is sent, and how it is left. */
import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Screen } from './screen.js';

interface Session {
  readonly output: string;
  /** Negative: the signal that ended it. */
  readonly exit: number;
  /** Whether the terminal's own settings are as they were. */
  readonly same: boolean;
}

const CTRL_C = '\u0003';

/** @param how words: what the fit does, and `tasks` for their lines */
async function onTerminal(how: string, columns: number, ...plan: readonly string[]): Promise<Session> {
  const [driver, script] = ['terminal.py', 'fit-on-terminal.ts'].map((file) => path.join(import.meta.dirname, file));
  const command = [process.execPath, '--import', 'tsx', script ?? '', ...how.split(' ')];
  const env = { ...process.env, TERM: 'xterm', NO_COLOR: '1' };
  const given = [driver ?? '', String(columns), ...plan, '--', ...command];
  const { stdout } = await promisify(execFile)('python3', given, { env });
  return JSON.parse(stdout);
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The cursor is never hidden and line wrap never off: what was never changed needs no restoring, whatever happens. */
function expectUntouched({ output, same }: Session): void {
  expect(same).toBe(true);
  const sequences = output.split('\u001b').slice(1);
  expect(new Set(sequences.map((after) => after.slice(0, 2)))).toEqual(new Set(['[K']));
}

/** What stands between two returns: one drawing. */
const drawings = ({ output }: Session): string[] =>
  output.split(/[\r\n]/).flatMap((part) => (part.includes('\u001b[K') ? [part.split('\u001b')[0] ?? ''] : []));

// Where there is no Python, a terminal cannot be made: the other tests of progress still hold its parts.
test.skipIf(!hasPython()).for([
  ['ends', 0, 'completed, 0 listeners'],
  ['throws', 1, 'of the callback'],
  ['exits', 3, ''],
  ['uncaught', 1, 'nobody waits for this'],
] as const)(
  'a fit that %s leaves the terminal as it was, at its width',
  { timeout: 60_000 },
  async ([how, exit, said]) => {
    const session = await onTerminal(how, 44);
    expect(session.exit).toBe(exit);
    expect(session.output).toContain(said);
    expectUntouched(session);
    const drawn = drawings(session);
    expect(drawn.length).toBeGreaterThan(0);
    for (const line of drawn) expect(line.length).toBeLessThan(44);
    // Nothing that comes after stands behind a half-drawn line.
    expect(drawn.at(-1)).toBe('');
  },
);

test.skipIf(!hasPython()).for([
  ['ends tasks', 0],
  ['throws tasks', 1],
  ['exits tasks', 3],
  ['uncaught tasks', 1],
] as const)('with lines of tasks, a fit that %s', { timeout: 60_000 }, async ([how, exit]) => {
  const { output, exit: ended, same } = await onTerminal(how, 44);
  expect([ended, same]).toEqual([exit, true]);
  expect(output).toContain('  open ');
  const screen = new Screen(44, 24);
  screen.write(output);
  // all that was drawn is gone: no bar, and no line of a task but the table's
  for (const line of screen.text()) expect(line).not.toMatch(/^ {2}open|[=-]{4}/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these steer a terminal
  const steering = new Set([...output.matchAll(/\u001b\[\d*(.)/g)].map((match) => match[1]));
  expect(steering).toEqual(new Set(['K', 'A', 'J']));
});

test.skipIf(!hasPython())(
  'Ctrl-C ends the fit as its signal would, and the program goes on',
  { timeout: 60_000 },
  async () => {
    const session = await onTerminal('runs', 80, 'epoch       3/', CTRL_C);
    expect(session.output).toContain('Ending after this step. Ctrl-C once more ends the process at once.');
    expect(session.output).toContain('aborted, 0 listeners');
    expect(session.exit).toBe(0);
    expectUntouched(session);
  },
);

test.skipIf(!hasPython())('with lines of tasks, Ctrl-C is answered below them', { timeout: 60_000 }, async () => {
  const { output, exit, same } = await onTerminal('runs tasks', 80, 'epoch       3/', CTRL_C);
  expect([exit, same]).toEqual([0, true]);
  const screen = new Screen(80, 24);
  screen.write(output);
  expect(screen.text()).toContain('Ending after this step. Ctrl-C once more ends the process at once.');
  expect(screen.text()).toContain('aborted, 0 listeners');
});

test.skipIf(!hasPython())(
  'after the fit, and on the second Ctrl-C, the default is back',
  { timeout: 60_000 },
  async () => {
    const session = await onTerminal('waits', 80, 'epoch       3/', CTRL_C, 'aborted', CTRL_C);
    expect(session.exit).toBe(-2);
    expectUntouched(session);
  },
);

test.skipIf(!hasPython())('a program that listens itself keeps Ctrl-C', { timeout: 60_000 }, async () => {
  const session = await onTerminal('listens', 80, 'epoch       3/', CTRL_C);
  expect(session.output).not.toContain('Ending after this step');
  expect(session.exit).toBe(9);
  expectUntouched(session);
});
