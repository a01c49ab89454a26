/**
 * @file What tuning does to F1 on rows that it has not seen:
 * `npx tsx bench/quality/tuning.ts [draws] [separation] [titanic3.csv] [split]`.
 *
 * A simulation whose truth is known: log-odds of positives and of negatives are normal, `separation` apart, so that the
 * held-out F1 of a threshold is a formula, and no test rows blur it. Rows to tune on are drawn, tuned on by each rule, and
 * the held-out F1 after is compared with that of the threshold 0.5 before. With a file of the Titanic's passengers: the
 * same for who survived, on the passengers that were neither trained nor tuned on; `split` is the seed that divides them.
 */
import { createFolds, crossFit } from '../../src/evaluate/cross-fit.js';
import { STANDARD_ERRORS, tuneDecision } from '../../src/evaluate/tune-decision.js';
import { countsAt, type SplitProbabilities, tuneSorted } from '../../src/evaluate/tune-threshold.js';
import { normals, permutation, uniforms } from '../../src/random.js';
import { f1Score } from '../../src/tasks/metrics/counts.js';
import { declarePassengers, readPassengers } from './passengers.js';

const draws = Number(process.argv[2] ?? 500);
const separation = Number(process.argv[3] ?? 1.6);
const passengers = process.argv[4];
const splitSeed = Number(process.argv[5] ?? 1);
const PRESENT = 0.5;

interface World {
  readonly rows: number;
  readonly prevalence: number;
  /** Probabilities are σ(log-odds + shift): 0 is calibrated. */
  readonly shift: number;
  readonly name: string;
}

const odds = (probability: number): number => Math.log(probability / (1 - probability));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Abramowitz and Stegun, 7.1.26: the standard normal distribution, to 1e-7. */
function normalBelow(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const polynomial = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const tail = (polynomial * Math.exp((-x * x) / 2)) / 2;
  return x >= 0 ? 1 - tail : tail;
}

/** F1 over all rows that there could be. */
function heldOut(threshold: number, { prevalence, shift }: World): number {
  const within = Math.min(1 - 1e-15, Math.max(1e-15, threshold));
  const cut = (odds(within) - shift - odds(prevalence)) / separation;
  const fn = prevalence * normalBelow(cut - separation / 2);
  return f1Score({
    tp: prevalence - fn,
    fn,
    fp: (1 - prevalence) * (1 - normalBelow(cut + separation / 2)),
    tn: (1 - prevalence) * normalBelow(cut + separation / 2),
  });
}

function bestThreshold(world: World): number {
  let best = PRESENT;
  for (let x = -8; x < 8; x += 0.01) if (heldOut(sigmoid(x), world) > heldOut(best, world)) best = sigmoid(x);
  return best;
}

function draw({ rows, prevalence, shift }: World, counter: number): SplitProbabilities {
  const sides = uniforms({ seed: 1, stream: 'labels', counter }, rows);
  const noise = normals({ seed: 1, stream: 'noise', counter }, rows);
  const positives: number[] = [];
  const negatives: number[] = [];
  noise.forEach((one, row) => {
    const isPositive = (sides[row] as number) < prevalence; // as many as rows
    const score = one + (isPositive ? separation / 2 : -separation / 2);
    (isPositive ? positives : negatives).push(sigmoid(separation * score + odds(prevalence) + shift));
  });
  return { positives: Float64Array.from(positives).sort(), negatives: Float64Array.from(negatives).sort() };
}

const folds = createFolds();

/** By name: the threshold that a rule leaves behind. */
const rules: Readonly<Record<string, (scores: SplitProbabilities) => number>> = {
  exact: (scores) => tuneSorted(scores, f1Score)?.threshold ?? PRESENT,
  ...Object.fromEntries([0, 0.25, 1].map((errors) => [`> ${errors} errors`, (scores) => moved(scores, errors)])),
  [`cross-fitted (> ${STANDARD_ERRORS})`]: (scores) =>
    tuneDecision(scores, PRESENT, f1Score, { method: 'cross-fitted', folds })?.threshold_after ?? PRESENT,
  'always the mean': (scores) => moved(scores, Number.NEGATIVE_INFINITY),
};

/** The mean threshold where the cross-fitted gain exceeds so many of its standard errors. */
function moved(scores: SplitProbabilities, errors: number): number {
  if (scores.positives.length === 0 || scores.negatives.length === 0) return PRESENT;
  const { gain, standardError, threshold } = crossFit(scores, PRESENT, f1Score, folds);
  return errors === Number.NEGATIVE_INFINITY || gain > errors * standardError ? threshold : PRESENT;
}

const names = Object.keys(rules);
console.log(
  `Mean change of held-out F1 by tuning, ${draws} draws, separation ${separation}; in brackets the share that moved.\n`,
);
console.log(`| rows | positives | probabilities | F1 at 0.5 | best | ${names.join(' | ')} |`);
console.log(`|${'---|'.repeat(5 + names.length)}`);
for (const rows of [60, 300, 5000]) {
  for (const prevalence of [0.5, 0.05]) {
    const calibrated = { rows, prevalence, shift: 0, name: 'calibrated' };
    const worlds: readonly World[] = [
      calibrated,
      { ...calibrated, shift: -1.5, name: 'too low' },
      { ...calibrated, shift: 1.5, name: 'too high' },
      { ...calibrated, shift: -odds(bestThreshold(calibrated)), name: 'best at 0.5' },
    ];
    for (const world of worlds) report(world);
  }
}

function report(world: World): void {
  const before = heldOut(PRESENT, world);
  const samples = Array.from({ length: draws }, (_, counter) => draw(world, counter));
  const cells = Object.values(rules).map((rule) => {
    const thresholds = samples.map(rule);
    const change = thresholds.reduce((sum, threshold) => sum + heldOut(threshold, world) - before, 0) / draws;
    const share = thresholds.filter((threshold) => threshold !== PRESENT).length / draws;
    return `${change >= 0 ? '+' : '−'}${Math.abs(change).toFixed(3).slice(1)} (${(100 * share).toFixed(0)} %)`;
  });
  const best = heldOut(bestThreshold(world), world);
  const facts = [world.rows, `${100 * world.prevalence} %`, world.name, before.toFixed(3), best.toFixed(3)];
  console.log(`| ${[...facts, ...cells].join(' | ')} |`);
}

if (passengers !== undefined) await reportPassengers(passengers);

/** Of one network, trained on 40 % of the passengers. */
async function reportPassengers(path: string): Promise<void> {
  const { train, rest } = (await readPassengers(path)).table.split({ train: 0.4, rest: 0.6 }, { seed: splitSeed });
  const titanic = declarePassengers();
  await titanic.fit(train, { epochs: 30, seed: 1, progress: false });
  const predicted = await titanic.predict(rest, { probabilities: true });
  const scores = predicted.map(({ survived }) => survived.probability);
  const survived = rest.column('survived');
  const labels = predicted.map((_, row) => Number(survived.value(row)) === 1);
  console.log(`\nTitanic, survived: ${scores.length} passengers, of whom some are tuned on, and the others measure.\n`);
  for (const rows of [30, 60, 120, 260]) {
    const cells = Object.values(rules).map((rule) => {
      let change = 0;
      for (let counter = 0; counter < draws; counter++) {
        const order = permutation(scores.length, { seed: 1, stream: 'passengers', counter });
        const of = (chosen: Uint32Array, isPositive: boolean): Float64Array =>
          Float64Array.from(
            [...chosen].filter((row) => labels[row] === isPositive),
            (row) => scores[row] as number,
          ).sort(); // rows
        const part = (chosen: Uint32Array) => ({ positives: of(chosen, true), negatives: of(chosen, false) });
        const others = part(order.subarray(rows));
        const f1 = (threshold: number): number => f1Score(countsAt(threshold, others));
        change += (f1(rule(part(order.subarray(0, rows)))) - f1(PRESENT)) / draws;
      }
      return `${change >= 0 ? '+' : '−'}${Math.abs(change).toFixed(3).slice(1)}`;
    });
    console.log(`| ${rows} | ${cells.join(' | ')} |`);
  }
}
