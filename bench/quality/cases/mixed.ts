/** @file A shop's table as it comes: times, dates as text, categories, missing cells, a column of a heavy tail. */
import { binary, normals, regression, Table, uniforms, vector } from 'headgate';
import type { QualityCase } from '../case.js';

const ROWS = 4000;
const SEED = 20;
const REGIONS = 30;
const plans: readonly string[] = ['free', 'basic', 'team', 'enterprise'];
const planEffects = [0.9, 0.2, -0.4, -0.9];
const DAY = 86_400;
/** 2026-01-01, in seconds. */
const NOW = 1_767_225_600;

const regionColumns = Array.from({ length: REGIONS }, (_, region) => `region${region}`);
const planColumns = plans.map((plan) => `plan_${plan}`);
const columns = [
  'signedUp',
  'orderWeekday',
  'orderMonth',
  'ageKnown',
  'age',
  'incomeKnown',
  'income',
  'turnover',
  ...regionColumns,
  ...planColumns,
];

export const mixed: QualityCase = {
  name: 'mixed',
  title: `${ROWS.toLocaleString('en')} made-up customers as raw columns: churn; spending; a refund, given churn`,
  inputs: { customer: vector({ columns }) },
  tasks: {
    churn: { kind: binary(), metric: 'roc_auc' },
    spend: { kind: regression(), metric: 'r2' },
    refund: { kind: binary(), metric: 'roc_auc', given: { task: 'churn', holds: true } },
  },
  shares: { train: 0.7, test: 0.3 },
  treeColumns: {
    numbers: ['signedUp', 'orderWeekday', 'orderMonth', 'rawAge', 'rawIncome', 'turnover'],
    categories: ['region', 'planNumber'],
  },
  read: () => Promise.resolve(prepared(customers())),
};

/** Columns as a user would derive them: parts of the date, one column a category, 0 where a number is not known. */
function prepared(raw: Table): Table {
  const derived = raw
    .derive('orderWeekday', ({ lastOrder }) => new Date(String(lastOrder)).getUTCDay())
    .derive('orderMonth', ({ lastOrder }) => new Date(String(lastOrder)).getUTCMonth() + 1)
    .derive('ageKnown', ({ rawAge }) => Number(rawAge !== null))
    .derive('age', ({ rawAge }) => rawAge ?? 0)
    .derive('incomeKnown', ({ rawIncome }) => Number(rawIncome !== null))
    .derive('income', ({ rawIncome }) => rawIncome ?? 0)
    .derive('planNumber', ({ plan }) => plans.indexOf(String(plan)));
  const withRegions = regionColumns.reduce(
    (table, name, region) => table.derive(name, (row) => Number(row.region === region)),
    derived,
  );
  return planColumns.reduce(
    (table, name, i) => table.derive(name, ({ plan }) => Number(plan === plans[i])),
    withRegions,
  );
}

function customers(): Table {
  const uniform = (name: string): ((row: number) => number) => {
    const values = uniforms({ seed: SEED, stream: name, counter: 0 }, ROWS);
    return (row) => Number(values[row]);
  };
  const normal = (name: string, count = ROWS): ((row: number) => number) => {
    const values = normals({ seed: SEED, stream: name, counter: 0 }, count);
    return (row) => Number(values[row]);
  };
  const draws = {
    tenure: uniform('tenure'),
    order: uniform('order'),
    region: uniform('region'),
    plan: uniform('plan'),
    age: normal('age'),
    ageMissing: uniform('age missing'),
    income: normal('income'),
    incomeMissing: uniform('income missing'),
    turnover: normal('turnover'),
    churn: uniform('churn'),
    refund: uniform('refund'),
    noise: normal('noise'),
  };
  const regionEffect = normal('region effect', REGIONS);
  return Table.fromRecords(Array.from({ length: ROWS }, (_, row) => customer(row, draws, regionEffect)));
}

type Draws = Readonly<
  Record<
    | 'tenure'
    | 'order'
    | 'region'
    | 'plan'
    | 'age'
    | 'ageMissing'
    | 'income'
    | 'incomeMissing'
    | 'turnover'
    | 'churn'
    | 'refund'
    | 'noise',
    (row: number) => number
  >
>;

function customer(row: number, draws: Draws, regionEffect: (region: number) => number): Record<string, unknown> {
  const tenure = draws.tenure(row); // of four years
  const sinceOrder = draws.order(row); // of a year
  const ordered = new Date((NOW - Math.floor(sinceOrder * 365) * DAY) * 1000);
  const onWeekend = ordered.getUTCDay() === 0 || ordered.getUTCDay() === 6;
  const inWinter = ordered.getUTCMonth() < 2 || ordered.getUTCMonth() === 11;
  const region = Math.floor(draws.region(row) ** 2 * REGIONS); // some regions have many customers, some few
  const plan = Math.floor(draws.plan(row) * plans.length);
  const age = 42 + 12 * draws.age(row);
  const [income, turnover] = [draws.income(row), draws.turnover(row)];
  const effect = Number(planEffects[plan]);
  const hasNoAge = draws.ageMissing(row) < 0.15;
  const unrest =
    effect -
    2 * tenure +
    0.7 * regionEffect(region) +
    0.8 * Number(onWeekend) -
    0.5 * turnover +
    ((age - 42) / 15) ** 2;
  const churn = draws.churn(row) < logistic(unrest - 0.3 + 0.8 * Number(hasNoAge));
  const upset = 1.2 * turnover + 0.8 * Number(inWinter) - 0.6 * effect + 0.5 * regionEffect(region);
  return {
    signedUp: NOW - Math.floor(tenure * 4 * 365 * DAY),
    lastOrder: ordered.toISOString().slice(0, 10),
    region,
    plan: plans[plan],
    rawAge: hasNoAge ? null : age,
    rawIncome: draws.incomeMissing(row) < 0.3 ? null : 40_000 + 15_000 * income,
    turnover: 1e4 * Math.exp(1.5 * turnover),
    churn,
    spend:
      300 + 60 * income + 50 * turnover - 40 * effect + 60 * Number(inWinter) - 25 * unrest + 50 * draws.noise(row),
    refund: draws.refund(row) < logistic(upset),
  };
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
