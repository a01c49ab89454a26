import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { columns, readPassengers } from '../../bench/quality/passengers.js';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-passengers-'));
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
