/** @file `npm run lint`: prints every import that breaks the house's arrows. */
import { checkHouse } from './house.js';

const violations = checkHouse(process.cwd());
for (const { file, specifier, rule } of violations) console.error(`${file}: imports '${specifier}': ${rule}`);
if (violations.length > 0) process.exitCode = 1;
else console.log('The arrows of import hold.');
