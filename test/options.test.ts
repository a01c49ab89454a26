import { expect, test } from 'vitest';
import { HeadgateError } from '../src/errors.js';
import { classification } from '../src/index.js';
import {
  callback,
  either,
  flag,
  group,
  instance,
  listOf,
  nullable,
  number,
  oneOf,
  optional,
  readOptions,
  text,
  wholeNumber,
  withDefault,
} from '../src/options.js';

const schema = {
  epochs: withDefault(wholeNumber({ least: 1 }), 10),
  learningRate: withDefault(either(number({ least: 0 }), callback<() => number>()), 0.001),
  signal: optional(instance(AbortSignal)),
  progress: withDefault(either(flag, oneOf(['epochs'])), true),
  names: optional(listOf(text, { least: 1 })),
  focal: optional(group({ gamma: number({ least: 0 }), alpha: optional(number({ above: 0, below: 1 })) })),
  clip: withDefault(nullable(number({ above: 0 })), null),
};

function refusal(given: unknown): HeadgateError {
  try {
    readOptions('fit', schema, given);
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

test('what is left out or undefined is at its default', () => {
  expect(readOptions('fit', schema, { epochs: undefined, focal: { gamma: 2 } })).toEqual({
    epochs: 10,
    learningRate: 0.001,
    signal: undefined,
    progress: true,
    names: undefined,
    focal: { gamma: 2, alpha: undefined },
    clip: null,
  });
});

test('what keeps its contents elsewhere is no record: its options would all be left out', () => {
  const elsewhere = [
    [new Map([['epochs', 3]]), 'a Map'],
    [Promise.resolve({ epochs: 3 }), 'a promise'],
    [new Set(), 'a Set'],
  ];
  for (const [given, received] of elsewhere) {
    expect(refusal(given)).toMatchObject({ code: 'INVALID_OPTIONS', path: 'fit', received });
  }
  class Own {
    readonly epochs = 3;
  }
  expect(
    [new Own(), Object.assign(Object.create(null), { epochs: 3 })].map((one) => readOptions('fit', schema, one).epochs),
  ).toEqual([3, 3]);
  expect(() => classification({ classes: ['a', 'b'], classWeights: new Map([['a', 2]]) as never })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'classification.classWeights', received: 'a Map' }),
  );
});

test.each([
  [{ epoch: 3 }, 'fit.epoch', 'epochs'],
  [{ lr: 3 }, 'fit.lr', 'learningRate'],
  [{ Learning_rate: 3 }, 'fit.Learning_rate', 'learningRate'],
  [{ toString: 3 }, 'fit.toString', undefined],
  [{ focal: { gama: 1 } }, 'fit.focal.gama', 'gamma'],
])('a name that does not exist is refused: %j', (given, path, suggestion) => {
  expect(refusal(given)).toMatchObject({ code: 'INVALID_OPTIONS', path, suggestion });
});

test.each<[object, string, string, string]>([
  [{ epochs: 0 }, 'fit.epochs', 'a whole number from 1 on', '0'],
  [{ epochs: 1.5 }, 'fit.epochs', 'a whole number from 1 on', '1.5'],
  [{ epochs: '3' }, 'fit.epochs', 'a whole number from 1 on', '"3"'],
  [{ learningRate: Number.NaN }, 'fit.learningRate', 'a number from 0 on, or a function', 'NaN'],
  [{ signal: true }, 'fit.signal', 'an AbortSignal', 'true'],
  [{ progress: 'epoch' }, 'fit.progress', 'true or false, or one of: epochs', '"epoch"'],
  [{ names: [] }, 'fit.names', 'a list of at least 1, each a string that is not empty', '[]'],
  [{ names: ['a', ''] }, 'fit.names[1]', 'a string that is not empty', '""'],
  [{ focal: 2 }, 'fit.focal', 'a record of: gamma, alpha', '2'],
  [{ focal: {} }, 'fit.focal.gamma', 'a number from 0 on', 'undefined'],
  [{ focal: { gamma: 0, alpha: 1 } }, 'fit.focal.alpha', 'a number above 0 and below 1', '1'],
  [{ clip: 0 }, 'fit.clip', 'a number above 0, or null', '0'],
])('a value that does not fit is refused: %j', (given, path, expected, received) => {
  expect(refusal(given)).toMatchObject({ code: 'INVALID_OPTIONS', path, expected, received });
});

test.each([
  ...[undefined, null, 3, 'options', [], new Uint8Array(2), () => 1],
  ...[new Map([['epochs', 3]]), new Set(['epochs']), Promise.resolve({ epochs: 3 }), new Date(0), /epochs/, Object(3)],
])('what is no record is refused, also where it has no name that could be misspelt: %#', (given) => {
  expect(refusal(given)).toMatchObject({ code: 'INVALID_OPTIONS', path: 'fit' });
});

test('objects of a class, without a prototype, and modules are records', async () => {
  class Options {
    epochs = 3;
  }
  expect(readOptions('fit', schema, new Options()).epochs).toBe(3);
  expect(readOptions('fit', schema, Object.assign(Object.create(null), { epochs: 4 })).epochs).toBe(4);
  const ofModule: unknown = await import('../src/deploy/version.js');
  expect(() => readOptions('fit', schema, ofModule)).toThrow(expect.objectContaining({ path: 'fit.VERSION' }));
});

test('messages', () => {
  expect(refusal({ sginal: 1 }).message).toBe(
    [
      'INVALID_OPTIONS at fit.sginal: fit has no option "sginal"',
      '  expected: some of: epochs, learningRate, signal, progress, names, focal, clip',
      '  received: "sginal"',
      '  did you mean "signal"?',
    ].join('\n'),
  );
  expect(refusal({ focal: {} }).problem).toBe('this option is needed');
});
