/** @file The Titanic's passengers as numbers that were derived by hand, as the measurements of docs/quality.md have them. */
import { binary, boundedRegression, Project, readCsv, type Table, vector } from 'headgate';

/** What the network reads. A value that is not known is 0, and a column of its own says so. */
export const columns = [
  'firstClass',
  'secondClass',
  'female',
  'siblingsAndSpouses',
  'parentsAndChildren',
  'logFare',
  'fareUnknown',
  'fromCherbourg',
  'fromQueenstown',
  'embarkedUnknown',
] as const;

/** `notes` says which lines of the file were left out, and why. */
export async function readPassengers(path: string): Promise<{ table: Table; notes: readonly string[] }> {
  // A boat is '2' or '5 7' or 'C D', a ticket is '24160' or 'A/5 21171': names, not numbers.
  const { table, notes } = await readCsv(path, { types: { boat: 'string', ticket: 'string' } });
  return {
    table: table
      .derive('firstClass', ({ pclass }) => Number(pclass === 1))
      .derive('secondClass', ({ pclass }) => Number(pclass === 2))
      .derive('female', ({ sex }) => Number(sex === 'female'))
      .rename({ sibsp: 'siblingsAndSpouses', parch: 'parentsAndChildren' })
      .derive('logFare', ({ fare }) => (fare === null ? 0 : Math.log1p(Number(fare))))
      .derive('fareUnknown', ({ fare }) => Number(fare === null))
      .derive('fromCherbourg', ({ embarked }) => Number(embarked === 'C'))
      .derive('fromQueenstown', ({ embarked }) => Number(embarked === 'Q'))
      .derive('embarkedUnknown', ({ embarked }) => Number(embarked === null))
      .derive('lifeboat', ({ boat }) => boat !== null)
      .derive('bodyRecovered', ({ body }) => body !== null),
    notes,
  };
}

/** The questions of `flows/titanic`, asked of these numbers. */
export const declarePassengers = () =>
  new Project({
    name: 'titanic',
    inputs: { passenger: vector({ columns }) },
    tasks: {
      survived: binary(),
      lifeboat: binary(),
      bodyRecovered: binary(),
      age: boundedRegression({ min: 0, max: 100 }),
    },
  }).flow('passenger', (task, x) => {
    const survived = task.survived(x.features);
    return [
      survived,
      task.lifeboat(x.features).given(survived),
      task.bodyRecovered(x.features).given(survived.not()),
      task.age(x.features),
    ];
  });
