import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HeadgateError } from 'headgate';
import { afterAll, expect, test } from 'vitest';
import { columns, readPassengers } from '../../flows/titanic/read.js';

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

test('passengers become numbers; what is not known says so', async () => {
  const { table } = await readPassengers(file);
  const numbers = table.toRecords().map((row) => columns.map((name) => row[name]));
  expect(numbers).toEqual([
    [1, 0, 1, 0, 0, Math.log1p(211.3375), 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
    [1, 0, 1, 1, 2, Math.log1p(80), 0, 0, 0, 1],
  ]);
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
