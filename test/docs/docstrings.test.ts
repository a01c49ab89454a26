import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { examplesOf } from '../../scripts/docs.js';
import { exportsOf, publicFiles } from '../../scripts/public.js';

const files = publicFiles();

test('the public files are found, and what they export', () => {
  expect(files).toContain('src/project.ts');
  expect(files).toContain('src/flow/decorators.ts');
  expect(exportsOf('src/index.ts')).toEqual(
    expect.arrayContaining(['binary', 'type BinaryOptions', 'type Row', 'Table']),
  );
});

test('what is public says what it throws by @throws, and by no other words', () => {
  const others = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) => (/^\s*(\/\*\*|\*).*\bThrows `/.test(line) ? [`${file}:${i + 1}`] : [])),
  );
  expect(others).toEqual([]);
});

/** The docstrings that stand right before a declaration, those of its overloads too. */
function docsOf(source: string, declaration: string): string {
  const pattern = new RegExp(`^ *(export )?(static )?(async )?(function |class )?${declaration}[<(= ]`, 'gm');
  const places = [...source.matchAll(pattern)].map(({ index }) => source.slice(0, index).trimEnd());
  if (places.length === 0) throw new Error(`${declaration} is not declared`);
  return places.map((before) => (before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : '')).join('\n');
}

test.each([
  ['src/project.ts', 'Project', 'flow', 'fit', 'evaluate', 'tune', 'predict', 'explain', 'merge'],
  ['src/data/table.ts', 'Table', 'fromRecords', 'fromColumns', 'filter', 'derive'],
  ['src/data/csv.ts', 'readCsv'],
  ['src/data/missing.ts', 'withMissingNumbers'],
  ['src/data/images/image-folder.ts', 'imageFolder'],
  ['src/data/images/images-in.ts', 'imagesIn'],
  ['src/flow/conditions.ts', 'and', 'or', 'not'],
  ['src/flow/inputs.ts', 'image', 'vector', 'tensor'],
  ['src/data/columns/columns.ts', 'columns'],
  ['src/data/columns/number.ts', 'number'],
  ['src/data/columns/category.ts', 'category'],
  ['src/data/columns/boolean.ts', 'boolean'],
  ['src/data/columns/date.ts', 'date'],
  ['src/data/columns/numbers.ts', 'numbers'],
  ['src/data/columns/define-column.ts', 'defineColumn'],
  ['src/tasks/binary.ts', 'binary'],
  ['src/tasks/classification.ts', 'classification'],
  ['src/tasks/multilabel.ts', 'multilabel'],
  ['src/tasks/regression.ts', 'regression'],
  ['src/tasks/bounded-regression.ts', 'boundedRegression'],
  ['src/tasks/define-kind.ts', 'defineKind'],
  ['src/train/optimizers/adam.ts', 'adam', 'adamW'],
  ['src/train/optimizers/sgd.ts', 'sgd'],
  ['src/model/masked/mask-model.ts', 'maskModel', 'maskTask'],
  ['src/model/transformer/encoder.ts', 'transformerEncoder'],
  ['src/model/transformer/token-mask.ts', 'tokenMask', 'TokenMask'],
  ['src/model/transformer/masked-mean.ts', 'maskedMean', 'MaskedMean'],
  ['src/model/masked/convert-layers.ts', 'removeLayerMasks', 'addLayerMasks'],
  ['src/model/masked/masked-dense.ts', 'MaskedDense'],
  ['src/model/masked/multi-masked-dense.ts', 'MultiMaskedDense'],
  ['src/train/schedules/cosine.ts', 'cosine'],
  ['src/train/schedules/one-cycle.ts', 'oneCycle'],
  ['src/train/schedules/plateau.ts', 'plateau'],
  ['src/train/schedules/stepwise.ts', 'stepwise'],
  ['src/train/schedules/warm-up.ts', 'warmUp'],
  ['src/train/balance.ts', 'fixedWeights'],
  ['src/train/balancers/dynamic-weight-average.ts', 'dynamicWeightAverage'],
  ['src/train/balancers/first-epoch-scale.ts', 'firstEpochScale'],
  ['src/train/balancers/uncertainty.ts', 'uncertainty'],
])('%s: what is used most has an example', (file, ...declarations) => {
  const source = readFileSync(file, 'utf8');
  const without = declarations.filter((declaration) => !docsOf(source, declaration).includes('@example'));
  expect(without).toEqual([]);
});

test('an example is a module of its own, on its own lines', () => {
  const source =
    '/**\n * Adds.\n *\n * @example add(1, 2)\n * @throws\n */\n/**\n * @example\n * const a = 1;\n * add(a, 2);\n */';
  const [one = '', two = '', ...others] = examplesOf(source, new Map([['headgate', ['add']]]));
  expect(others).toEqual([]);
  expect(one.split('\n').slice(0, 3)).toEqual(['', '', '']);
  expect(one.split('\n')[3]).toMatch(
    /^import \{ add \} from 'headgate';.* export async function example\(\) \{ add\(1, 2\)$/,
  );
  expect(two.split('\n').slice(8, 11)).toEqual(['const a = 1;', 'add(a, 2);', '}']);
});
