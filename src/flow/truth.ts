/** @file Three-valued (Kleene) truth of conditions over whole columns: ground-truth masks and decoded gates alike. */
import type { Flow, Gate } from './flow.js';
import type { ConditionNode } from './graph.js';
import { createPlan, type Plan, readBy, type Step } from './truth-plan.js';
import { FALSE, type Range, run, runRange, TRUE, UNKNOWN, type ValueColumns } from './truth-steps.js';

export { FALSE, TRUE, UNKNOWN, type ValueColumns } from './truth-steps.js';

/**
 * Rule 1: the truth of each task's full condition, `[rows, answers]` in flow order, as `FALSE`, `UNKNOWN` or `TRUE`. A
 * task has one answer a row, or as many as its axis has positions.
 * A predicate is unknown where the asked element is missing or the asked task does not itself apply. Equal conditions are
 * evaluated once, in topological order, so the cost is linear in the size of the graph.
 */
export function truths(flow: Flow, columns: ValueColumns): Uint8Array {
  const plan = planOf(flow, columns);
  return inBlocks(plan, columns, answersOf(flow, plan), (steps, size) => {
    const buffers = steps.map(({ positions }) => new Uint8Array(size * positions));
    return (start, count) => {
      for (const [i, step] of steps.entries()) run(step, buffers, buffers[i] as Uint8Array, columns, start, count);
      return (register) => buffers[register] as Uint8Array;
    };
  });
}

/**
 * As `truths`, but certain where the missing labels cannot matter: `TRUE` where the condition holds, `FALSE` where it
 * does not hold whatever they are, `UNKNOWN` where that depends on them. So a task behind a gate that is known to be
 * closed is known not to apply, though the question to the task in that gate has no answer.
 *
 * Each truth is a range of the three values, which `and`, `or` and `not` carry on from end to end.
 */
export function knownTruths(flow: Flow, columns: ValueColumns): Uint8Array {
  const plan = planOf(flow, columns);
  return inBlocks(plan, columns, answersOf(flow, plan), knownInRanges(columns));
}

function planOf(flow: Flow, { offsetOf, thereOf }: ValueColumns): Plan {
  return createPlan(flow, offsetOf, (path) => (thereOf?.(path) ?? null) !== null);
}

function knownInRanges(columns: ValueColumns): Evaluator {
  return (steps, size) => {
    const ranges = steps.map(({ positions }): Range => {
      return { least: new Uint8Array(size * positions), greatest: new Uint8Array(size * positions) };
    });
    return (start, count) => {
      for (const [i, step] of steps.entries()) runRange(step, ranges, ranges[i] as Range, columns, start, count);
      return (register) => {
        const { least, greatest } = ranges[register] as Range;
        return least.map((own, place) => {
          if (own === TRUE) return TRUE;
          return greatest[place] === TRUE ? UNKNOWN : FALSE;
        });
      };
    };
  };
}

/**
 * Where the labels of each task count: `[rows, answers]` in flow order, 0 or 1. They do where every gate on the way to
 * it holds, or may hold (see `knownTruths`) and says that unknown rows are included.
 */
export function applies(flow: Flow, columns: ValueColumns): Uint8Array {
  if (columns.thereOf === undefined && isUngated(flow)) return new Uint8Array(columns.rows * answersIn(flow)).fill(1);
  if (flow.tasks.some(({ gates }) => gates.some(includesUnknown))) return appliesByGate(flow, columns);
  const result = truths(flow, columns);
  for (let i = 0; i < result.length; i++) result[i] = result[i] === TRUE ? 1 : 0;
  return result;
}

/** Whether every task always applies. */
export function isUngated({ tasks }: Flow): boolean {
  return tasks.every(({ gates }) => gates.length === 0);
}

const answersIn = ({ tasks }: Flow): number => tasks.reduce((sum, { positions }) => sum + positions, 0);

const includesUnknown = ({ whenUnknown }: Gate): boolean => whenUnknown === 'include';

function appliesByGate(flow: Flow, columns: ValueColumns): Uint8Array {
  const plan = planOf(flow, columns);
  const gates = [...new Set(flow.tasks.flatMap((task) => task.gates))]; // a flow's is one for all leaves below it
  const places = inARow(
    gates.map(({ condition }) => plan.of(condition)).map((register) => withPositions(plan, register)),
  );
  const placeOf = new Map(gates.map((gate, i) => [gate, places[i] as RowPlace])); // one for each
  const known = inBlocks(plan, columns, places, knownInRanges(columns));
  const width = widthOf(places);
  const tasks = answersOf(flow, plan);
  const answers = widthOf(tasks);
  const result = new Uint8Array(columns.rows * answers).fill(1);
  for (const [t, { first, positions }] of tasks.entries()) {
    const { gates, path } = flow.tasks[t] as Flow['tasks'][number]; // one for each
    const there = columns.thereOf?.(path) ?? null;
    const each = (holds: (row: number, position: number) => boolean): void => {
      for (let row = 0; row < columns.rows; row++) {
        for (let position = 0; position < positions; position++) {
          if (!holds(row, position)) result[row * answers + first + position] = 0;
        }
      }
    };
    if (there !== null) each((row, position) => there[row * positions + position] === 1);
    for (const gate of gates) {
      const own = placeOf.get(gate) as RowPlace;
      const least = includesUnknown(gate) ? UNKNOWN : TRUE;
      const factor = positions / own.positions; // what holds for a row holds at each of its positions
      each((row, position) => (known[row * width + own.first + Math.floor(position / factor)] as number) >= least);
    }
  }
  return result;
}

/** Truths of whole columns, each made when first asked for: the values that it rests on must be there then. */
export interface TruthColumns {
  /** Of a task's full condition, `[rows, positions]` of the task. */
  readonly ofTask: (path: string) => Uint8Array;
  /**
   * Of any condition of the flow: a nested flow's own, a part of another. Paths are from the root. `[rows, positions]` of
   * the tasks that it asks about.
   */
  readonly of: (condition: ConditionNode) => Uint8Array;
}

/** What is asked for is evaluated once; what is not is never evaluated. */
export function truthColumns(flow: Flow, columns: ValueColumns): TruthColumns {
  const plan = planOf(flow, columns);
  const made: Uint8Array[] = [];
  const column = (register: number): Uint8Array => {
    const known = made[register];
    if (known !== undefined) return known;
    const needed = new Set<number>();
    const pending = [register]; // not recursive: gates may stand behind a thousand others
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (made[next] !== undefined || needed.has(next)) continue;
      needed.add(next);
      pending.push(...readBy(plan.steps[next] as Step)); // registers are places of steps
    }
    for (const place of [...needed].sort((a, b) => a - b)) {
      const step = plan.steps[place] as Step;
      const own = new Uint8Array(columns.rows * step.positions);
      run(step, made, own, columns, 0, columns.rows);
      made[place] = own;
    }
    return made[register] as Uint8Array; // made just now
  };
  return {
    ofTask: (path) => column(plan.ofTask(path)),
    of: (condition) => column(plan.of(condition)),
  };
}

/** Truths of a step that are evaluated together: they, and the values that they rest on, stay in the processor's caches. */
const BLOCK = 512;

/** Evaluates one block of rows, then gives the truths of a register. */
type BlockTruths = (start: number, count: number) => (register: number) => Uint8Array;

/** Is told how many rows a block has at most. */
type Evaluator = (steps: readonly Step[], size: number) => BlockTruths;

/** The truths of these registers, `[rows, width]`. */
function inBlocks(plan: Plan, columns: ValueColumns, registers: readonly RowPlace[], evaluator: Evaluator): Uint8Array {
  const { rows } = columns;
  const answers = widthOf(registers);
  const longest = Math.max(1, ...registers.map(({ positions }) => positions));
  const block = Math.min(rows, Math.max(1, Math.floor(BLOCK / longest)));
  const result = new Uint8Array(rows * answers);
  const evaluate = evaluator(plan.steps, block);
  for (let start = 0; start < rows; start += block) {
    const count = Math.min(block, rows - start);
    const truth = evaluate(start, count);
    for (const { register, first, positions } of registers) {
      const own = truth(register);
      for (let row = 0, from = 0, at = start * answers + first; row < count; row++, at += answers) {
        for (let place = 0; place < positions; place++) result[at + place] = own[from++] as number; // one each
      }
    }
  }
  return result;
}

interface Positioned {
  readonly register: number;
  readonly positions: number;
}

interface RowPlace extends Positioned {
  /** Of its first truth among those of a row. */
  readonly first: number;
}

function inARow(registers: readonly Positioned[]): readonly RowPlace[] {
  let next = 0;
  return registers.map(({ register, positions }) => {
    next += positions;
    return { register, first: next - positions, positions };
  });
}

const widthOf = (places: readonly RowPlace[]): number => places.reduce((sum, { positions }) => sum + positions, 0);

const withPositions = ({ steps }: Plan, register: number): Positioned => {
  return { register, positions: (steps[register] as Step).positions }; // registers are places of steps
};

function answersOf({ tasks }: Flow, plan: Plan): readonly RowPlace[] {
  return inARow(tasks.map(({ path, positions }) => ({ register: plan.ofTask(path), positions })));
}
