/**
 * @file The units of one digit: masks over a frozen network of MNIST, beside the figures of the predecessor, over seeds.
 *
 * A base 784-300-100-10 (ReLU, Adam, 10 epochs, batches of 32) learns 8,000 of the 10,000 test digits; then masks and a
 * new head of two answers learn "is it this digit", with a penalty α·Σl. Measured on the other 2,000.
 *
 * By the defaults, `--seeds 5`, mean and 95 % interval by Student's t: 117.4 ± 10.4 of 400 units are kept (115, 122, 114,
 * 107, 129), at an accuracy of 0.9910 ± 0.0033 (0.9900, 0.9935, 0.9930, 0.9915, 0.9870). The network's own head answers the
 * same question at 0.9931 ± 0.0073, and without these units at 0.9183 ± 0.0287; "no" for every row is right for 0.9011.
 * The predecessor's formulas gave 110 and 115 units at 0.9925 and 0.9875. A run of masks takes 13 to 26 s on a shared
 * machine of two cores. With `--target 100` 100 units are left, at 0.9915; with `--target 40` 41, at 0.9645 (one seed).
 *
 *   npx tsx bench/pathways/unit-masks.ts
 *   --data FOLDER    of the MNIST files. Default ../shared/data
 *   --seeds N        splits, weights and draws. Default 2
 *   --digits LIST    `0`, or `0,1,2` for what several have in common. Default 0
 *   --alpha A        default 1e-4
 *   --penalty P      sum, mean or expected. Default sum
 *   --steps N        of the masks. Default 18750
 *   --samples N      masks for each batch. Default 1
 *   --target N       units or share to arrive at; the weight of the penalty then follows
 *   --engine NAME    default onnx
 */
import { parseArgs } from 'node:util';
import { adam, classification, Project, type Table, type UnitMaskOptions, type UnitMasks } from 'headgate';
import { dataFolder, denseLayers, digits, pixels, printEstimate, readDigits, tableOf } from './mnist.js';

const UNITS = 400;
const BATCH = 32;
const TRAIN = 8000;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: dataFolder },
    seeds: { type: 'string', default: '2' },
    digits: { type: 'string', default: '0' },
    alpha: { type: 'string', default: '1e-4' },
    penalty: { type: 'string', default: 'sum' },
    steps: { type: 'string', default: '18750' },
    samples: { type: 'string', default: '1' },
    target: { type: 'string' },
    engine: { type: 'string', default: 'onnx' },
  },
});

function baseNetwork(seed: number) {
  return new Project({
    name: 'digits',
    seed,
    inputs: { image: pixels() },
    tasks: { digit: classification({ classes: digits }) },
    backbone: denseLayers([300, 100]),
  }).flow('all', (task, x) => [task.digit(x.features)]);
}

/** As the verb's own checks would have them: they answer for what is no name of a penalty or an engine. */
function maskOptions(digit: string, seed: number, validation: Table): UnitMaskOptions {
  const { target, penalty, engine } = options;
  const epochs = Math.round(Number(options.steps) / (TRAIN / BATCH));
  return {
    ...{ tasks: ['digit'], class: digit, validation, epochs, seed, batchSize: BATCH },
    alpha: Number(options.alpha),
    samples: Number(options.samples),
    penalty: penalty as NonNullable<UnitMaskOptions['penalty']>,
    engine: engine as NonNullable<UnitMaskOptions['engine']>,
    ...(target === undefined ? {} : { target: Number(target) }),
  };
}

function accuracyOf({ metrics }: UnitMasks, view: 'unmasked' | 'masked' | 'inverse' | 'baseline'): number {
  return metrics.find(({ metric }) => metric === 'accuracy')?.[view] ?? Number.NaN;
}

const table = tableOf(await readDigits(options.data), 'digit');
const found = new Map<string, UnitMasks[]>();
const unions: number[] = [];
for (let seed = 1; seed <= Number(options.seeds); seed++) {
  const { train, test } = table.split({ train: 0.8, test: 0.2 }, { seed });
  const project = baseNetwork(seed);
  const engine = options.engine as NonNullable<UnitMaskOptions['engine']>; // likewise
  const base = { engine, optimizer: adam(), epochs: 10, batchSize: BATCH, seed, progress: false } as const;
  await project.fit(train, base);
  const accuracy = (await project.evaluate(test, { engine })).value('digit', 'accuracy');
  const own: UnitMasks[] = [];
  for (const digit of options.digits.split(',')) {
    const started = performance.now();
    const masks = await project.pathways.unitMasks(train, maskOptions(digit, seed, test));
    own.push(masks);
    found.set(digit, [...(found.get(digit) ?? []), masks]);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(
      `seed ${seed}, digit ${digit}: base ${accuracy?.toFixed(4)}; ${masks.kept} of ${UNITS} units, accuracy ` +
        `${accuracyOf(masks, 'masked').toFixed(4)} (own head ${accuracyOf(masks, 'unmasked').toFixed(4)}, without them ` +
        `${accuracyOf(masks, 'inverse').toFixed(4)}, always no ${accuracyOf(masks, 'baseline').toFixed(4)}); ` +
        `${masks.steps} steps, ${seconds} s`,
    );
    masks.print();
  }
  if (own.length > 1) {
    const { iou } = project.pathways.overlap(own);
    unions.push(...iou.flatMap((row, a) => row.filter((_, b) => b > a)));
  }
  project.dispose();
}

for (const [digit, masks] of found) {
  printEstimate(
    `digit ${digit}, units`,
    masks.map(({ kept }) => kept),
  );
  for (const view of ['masked', 'unmasked', 'inverse', 'baseline'] as const) {
    printEstimate(
      `digit ${digit}, accuracy ${view}`,
      masks.map((one) => accuracyOf(one, view)),
    );
  }
}
if (unions.length > 0) printEstimate('intersection over union of two digits', unions);
