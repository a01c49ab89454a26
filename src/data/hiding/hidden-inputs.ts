/** @file Which inputs have tokens that tasks hide. */
import { HeadgateError, listed } from '../../errors.js';
import type { InputSpec } from '../../flow/graph.js';
import { isRecord } from '../../options.js';
import type { HiddenTokens } from '../../tasks/kind.js';
import type { Layout, TaskSlot } from '../../tasks/layout.js';

/** An input of token ids, and the tasks that ask what was hidden of it. */
export interface HiddenInput {
  readonly input: string;
  /** Token ids a row. */
  readonly length: number;
  readonly slots: readonly TaskSlot[];
  /** Of all of the slots. */
  readonly facts: HiddenTokens;
  /** Tokens of a row that are hidden at most. */
  readonly most: number;
}

/**
 * Inputs of which tasks hide tokens; none in a flow without such tasks.
 *
 * @throws HeadgateError `HIDDEN_TOKENS` for a task along no axis or along one that not exactly one input of tokens names, one
 * whose vocabulary is not the input's, and for two that do not hide alike
 */
export function hiddenInputs(layout: Layout): readonly HiddenInput[] {
  const known = found.get(layout);
  if (known !== undefined) return known;
  const byInput = new Map<string, TaskSlot[]>();
  for (const slot of layout.slots) {
    if (slot.task.kind.hides === undefined) continue;
    const input = inputOf(slot, layout.flow.graph.inputs);
    byInput.set(input, [...(byInput.get(input) ?? []), slot]);
  }
  const inputs = [...byInput].map(([input, slots]): HiddenInput => {
    const [first, ...others] = slots as [TaskSlot, ...TaskSlot[]]; // a group has at least one
    const facts = hidesOf(first);
    const other = others.find((slot) => hidesOf(slot).rate !== facts.rate);
    if (other !== undefined) throw otherRate(first, other);
    const length = first.positions;
    return { input, length, slots, facts, most: hiddenOf(length, facts.rate) };
  });
  found.set(layout, inputs);
  return inputs;
}

/** Layouts are immutable: each is looked at once. */
const found = new WeakMap<Layout, readonly HiddenInput[]>();

/** How many of a row's tokens are hidden. */
export function hiddenOf(tokens: number, rate: number): number {
  return Math.max(1, Math.round(rate * tokens));
}

/** Whether the kind's labels are tokens of an input. */
export const isHiding = ({ task }: Pick<TaskSlot, 'task'>): boolean => task.kind.hides !== undefined;

const hidesOf = ({ task }: TaskSlot): HiddenTokens => task.kind.hides as HiddenTokens; // these have it

function inputOf(slot: TaskSlot, specs: Readonly<Record<string, InputSpec>>): string {
  const { task, axis } = slot;
  const ofTokens = Object.entries(specs).filter(([, spec]) => vocabularyOf(spec) !== null);
  if (axis === null) {
    throw refused(task.path, 'it answers once a row, and hides tokens', 'an axis of tokens', 'none', {
      mend: `Declare it along the axis: along('${ofTokens[0]?.[1].axes?.[0] ?? 'token'}', maskedLanguageModel(…)).`,
    });
  }
  const own = ofTokens.filter(([, { axes = [] }]) => axes.includes(axis));
  const [only] = own;
  if (only === undefined || own.length > 1) {
    const received = own.length === 0 ? 'none' : listed(own.map(([name]) => name));
    const expected = `one input of tokens, text(…), that names the axis "${axis}"`;
    throw refused(task.path, 'it is not known of which input it hides tokens', expected, received, {
      mend: 'Name the axes of the inputs: text({ …, axis }).',
    });
  }
  const [name, spec] = only;
  if (vocabularyOf(spec) !== hidesOf(slot).vocabulary) {
    throw refused(task.path, `its vocabulary is not that of the input "${name}"`, 'the same tokenizer', 'another', {
      mend: 'Give both the same tokenizer.',
    });
  }
  return name;
}

/** The fingerprint of an input of tokens whose vocabulary is declared; '' where it is learnt; null for any other input. */
function vocabularyOf({ columnKinds }: InputSpec): string | null {
  const [kind] = columnKinds ?? [];
  if (kind?.kind !== 'text') return null;
  const { options } = kind;
  const vocabulary = isRecord(options) ? options.vocabulary : undefined;
  return typeof vocabulary === 'string' ? vocabulary : '';
}

function otherRate(first: TaskSlot, other: TaskSlot): HeadgateError {
  const [a, b] = [first, other].map((slot) => `${hidesOf(slot).rate}`);
  return refused(
    other.task.path,
    `it and "${first.task.path}" hide tokens of one input, at different rates`,
    `${a}, as there`,
    `${b}`,
    {},
  );
}

function refused(
  path: string,
  problem: string,
  expected: string,
  received: string,
  more: { readonly mend?: string },
): HeadgateError {
  return new HeadgateError({ code: 'HIDDEN_TOKENS', path, problem, expected, received, ...more });
}
