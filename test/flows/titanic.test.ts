import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HeadgateError } from 'headgate';
import { afterAll, expect, test } from 'vitest';
import { declareTitanic } from '../../flows/titanic/project.js';
import { readPassengers } from '../../flows/titanic/read.js';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-titanic-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = path.join(folder, 'titanic3.csv');
writeFileSync(
  file,
  [
    '\uFEFFpclass,survived,name,sex,age,sibsp,parch,ticket,fare,cabin,embarked,boat,body,home.dest',
    '1,1,"Allen, Miss. Elisabeth Walton",female,29,0,0,24160,211.3375,B5,S,2,,"St Louis, MO"',
    '3,0,"Storey, Mr. Thomas",male,60.5,0,0,3701,,,S,,261,',
    '1,1,"Icard, Miss. Amelie",female,,1,2,113572,80,B28,,5 7,,',
    ',,,,,,,,,,,,,',
    '',
  ].join('\r\n'),
);

test('cells stay as they are: what is missing is missing', async () => {
  const { table } = await readPassengers(file);
  const cells = table
    .toRecords()
    .map(({ pclass, sex, sibsp, fare, embarked, boat }) => [pclass, sex, sibsp, fare, embarked, boat]);
  expect(cells).toEqual([
    [1, 'female', 0, 211.3375, 'S', '2'],
    [3, 'male', 0, null, 'S', null],
    [1, 'female', 1, 80, null, '5 7'],
  ]);
});

test('the project reads these cells: a gap has a place of its own, as has a town that nobody knew', async () => {
  const { table } = await readPassengers(file);
  const titanic = declareTitanic(3);
  await titanic.fit(table.select([0, 1, 2, 0, 1, 2]), { engine: 'cpu', epochs: 2, progress: false, onNote: () => {} });
  const { passenger } = titanic.describe().inputs;
  const places = passenger?.kind === 'columns' ? passenger.columns.flatMap((column) => column.places) : [];
  expect(places.slice(0, 14)).toEqual([
    ...['pclass=1', 'pclass=2', 'pclass=3', 'pclass?', 'sex=female', 'sex=male', 'sex?', 'sibsp', 'sibsp?'],
    ...['parch', 'parch?', 'fare', 'fare?', 'embarked=C'],
  ]);
  const unknown = { pclass: 2, sex: 'male', sibsp: null, parch: 0, fare: null, embarked: null, 'home.dest': 'Nowhere' };
  const [answer] = await titanic.predict([unknown], { engine: 'cpu' });
  expect([typeof answer?.survived, typeof answer?.age]).toEqual(['boolean', 'number']);
});

test('labels: a boat and a body are recorded or not, an age may be missing', async () => {
  const { table } = await readPassengers(file);
  const labels = table.toRecords().map(({ survived, lifeboat, bodyRecovered, age }) => ({
    survived,
    lifeboat,
    bodyRecovered,
    age,
  }));
  expect(labels).toEqual([
    { survived: 1, lifeboat: true, bodyRecovered: false, age: 29 },
    { survived: 0, lifeboat: false, bodyRecovered: true, age: 60.5 },
    { survived: 1, lifeboat: true, bodyRecovered: false, age: null },
  ]);
});

test('the blank last line is named, with the reason', async () => {
  const { notes } = await readPassengers(file);
  expect(notes).toEqual(['titanic3.csv: left out line 5: it is blank: every field is empty']);
});

test('a file that is not there is an error that names it', async () => {
  const error = await readPassengers(path.join(folder, 'titanic.csv')).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({ code: 'UNREADABLE_FILE', path: 'titanic.csv' });
});
