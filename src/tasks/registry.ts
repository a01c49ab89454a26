/** @file From a saved flow's `kind` and `options` back to a task kind. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { Json } from '../flow/graph.js';
import { binary } from './binary.js';
import { boundedRegression } from './bounded-regression.js';
import { classification } from './classification.js';
import type { TaskKind } from './kind.js';
import { savedMaskedLanguageModel } from './masked-language-model.js';
import { multilabel } from './multilabel.js';
import { regression } from './regression.js';

/** How to make a kind again from its options. A kind from outside the package is read by passing one of these. */
export interface KindReader {
  /** `TaskKind.kind` of what it makes. */
  readonly kind: string;
  /** Must check the options, which come from a file, and throw `HeadgateError`. */
  readonly read: (options: Json) => TaskKind;
}

// each factory checks its options, whatever their declared type
const factories: Readonly<Record<string, (options: never) => TaskKind>> = {
  binary,
  boundedRegression,
  classification,
  maskedLanguageModel: savedMaskedLanguageModel,
  multilabel,
  regression,
};

const builtInKinds: readonly KindReader[] = Object.freeze(
  Object.entries(factories).map(([kind, make]) =>
    Object.freeze({ kind, read: (options: Json) => make(options as never) }),
  ),
);

/**
 * A task kind from its name and options, as a saved flow has them.
 *
 * @param ownKinds how to make kinds that are not Headgate's own
 * @throws HeadgateError `UNKNOWN_KIND` with a suggestion, `DUPLICATE_KIND`, or what the kind's own options check throws
 * @example kindFromOptions('classification', { classes: ['red', 'blue'] })
 */
export function kindFromOptions(kind: string, options: Json, ownKinds: readonly KindReader[] = []): TaskKind {
  const readers = new Map(builtInKinds.map((reader) => [reader.kind, reader]));
  for (const reader of ownKinds) {
    if (readers.has(reader.kind)) throw duplicateKind(reader.kind);
    readers.set(reader.kind, reader);
  }
  const reader = readers.get(kind);
  if (reader !== undefined) return reader.read(options);
  throw new HeadgateError({
    code: 'UNKNOWN_KIND',
    path: 'kind',
    problem: `There is no task kind ${show(kind)}.`,
    expected: `one of: ${[...readers.keys()].join(', ')}`,
    received: show(kind),
    suggestion: didYouMean(kind, readers.keys()),
    mend: 'For a kind of your own, pass its reader: { kind, read }.',
  });
}

function duplicateKind(kind: string): HeadgateError {
  return new HeadgateError({
    code: 'DUPLICATE_KIND',
    path: 'kind',
    problem: `Two task kinds are called ${show(kind)}.`,
    mend: 'Give your kind another name.',
  });
}
