/** @file wip */
import { cancer } from './cases/cancer.js';
import { diabetes } from './cases/diabetes.js';
import { wine } from './cases/wine.js';
import { measure, partsOf } from './measure.js';
import { settings } from './settings.js';

for (const quality of [wine, cancer, diabetes]) {
  const table = await quality.read();
  if ('absent' in table) continue;
  for (const setting of settings) {
    const start = performance.now();
    console.log(
      quality.name,
      setting,
      JSON.stringify(await measure(quality, partsOf(quality, table, setting, 1), 1)),
      performance.now() - start,
    );
  }
}
