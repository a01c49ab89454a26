/** @file A kind of one's own from the few parts that only its author can know; the rest has defaults. */
import { HeadgateError, show } from '../errors.js';
import type { Predicates } from '../flow/declaration.js';
import { requireDeclaration } from '../flow/require-declaration.js';
import { isRecord } from '../options.js';
import { decimal } from './explain.js';
import type { ExplainedValue, TaskKind } from './kind.js';

/** What a kind must bring. */
type Needed<Value> = Pick<TaskKind<Value>, 'kind' | 'encode' | 'loss' | 'activate' | 'decode' | 'value'>;

/** What it may bring beside; `defineKind` says what stands for what is left out. */
type LeftOut<Value> = Omit<
  TaskKind<Value>,
  keyof Needed<Value> | 'predicates' | 'truth' | 'probability' | '__value' | '__probability'
>;

type MayBeLeftOut<Parts> = { readonly [K in keyof Parts]?: Parts[K] | undefined };

/** The parts of a kind: six are needed. */
export interface KindParts<Value, P extends Predicates, Probability, Truth extends string>
  extends Needed<Value>,
    MayBeLeftOut<LeftOut<Value>> {
  /** The questions that conditions may ask. Default: none. */
  readonly predicates?: P | undefined;
  /** The question that the task itself stands for as a condition. Default: it is no condition. */
  readonly truth?: Truth | undefined;
  /** Default: null, for a kind that has none. */
  readonly probability?: ((activated: Float32Array, offset: number) => Probability) | undefined;
}

/** A kind with a truth is itself a condition: `given(doorOpen)`. */
export type DefinedKind<Value, P extends Predicates, Probability, Truth extends string> = TaskKind<
  Value,
  P,
  Probability
> &
  ([Truth] extends [never] ? unknown : { readonly truth: Truth });

/**
 * A task kind from its parts. Defaults: no options, one element a label (`width`) and as many logits (`units`), weight 1,
 * no questions, no thresholds, no metrics, no probability, a loss that is called for each task by itself (`lossKey`
 * null), and an explanation that shows what was decoded.
 *
 * @throws HeadgateError `INVALID_KIND` for a part that is missing or does not fit
 * @example
 * const level = defineKind({
 *   kind: 'example/level',
 *   encode: (label, { values, present, offset }) => {
 *     if (typeof label !== 'number') return; // missing
 *     values[offset] = label;
 *     present[offset] = 1;
 *   },
 *   loss: (logits, targets) => logits.sub(targets).square(),
 *   activate: (logits) => logits,
 *   decode: ({ activated }) => Float64Array.from(activated),
 *   value: (decoded, offset) => decoded[offset] ?? 0,
 * });
 */
export function defineKind<
  Value,
  P extends Predicates = Readonly<Record<never, never>>,
  Probability = null,
  Truth extends string = never,
>(parts: KindParts<Value, P, Probability, Truth>): DefinedKind<Value, P, Probability, Truth> {
  const given: unknown = parts; // from untyped code
  if (!isRecord(given)) throw invalidKind('defineKind', 'these are no parts of a kind', 'a record', given);
  const { width = 1, probability = () => null, explain = explainNumbers } = parts;
  const kind = {
    options: {},
    units: width,
    weight: 1,
    lossKey: null,
    thresholds: null,
    metrics: [],
    predicates: {},
    ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
    ...{ width, probability, explain },
    // Each part is the author's own or a default of its very type, which the spread of a generic record hides.
  } as unknown as DefinedKind<Value, P, Probability, Truth>;
  requireDeclaration(kind, kind.kind);
  for (const name of NEEDED) {
    if (typeof kind[name] !== 'function') throw invalidKind(kind.kind, `it has no ${name}`, 'a function', kind[name]);
  }
  const { units } = kind;
  if (!Number.isSafeInteger(units) || units < 1) {
    throw invalidKind(kind.kind, 'its number of logits is wrong', 'a whole number above 0', units);
  }
  Object.freeze(kind);
  return kind;
}

const NEEDED = ['encode', 'loss', 'activate', 'decode', 'value'] as const satisfies (keyof TaskKind)[];

/** `cars | decoded: 3.0000, activated: 2.8100, logits: 1.0332`; several elements in brackets. */
function explainNumbers(name: string, { decoded, activated, logits }: ExplainedValue) {
  const text = (numbers: ArrayLike<number>): string => {
    const texts = Array.from(numbers, decimal);
    return texts.length === 1 ? texts.join() : `[${texts.join(', ')}]`;
  };
  return { text: `${name} | decoded: ${text(decoded)}, activated: ${text(activated)}, logits: ${text(logits)}` };
}

function invalidKind(path: string, problem: string, expected: string, received: unknown): HeadgateError {
  return new HeadgateError({ code: 'INVALID_KIND', path, problem, expected, received: show(received) });
}
