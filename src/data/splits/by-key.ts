/** @file Splitting by names: a row's part follows from its name and the seed alone. */
import { HeadgateError } from '../../errors.js';
import { uniforms } from '../../random.js';
import { nameOf, type Parts, type SplitColumn } from './parts.js';

/** @throws HeadgateError `INVALID_SPLIT` for a row without a name */
export function byKey(column: SplitColumn, name: string, parts: Parts, seed: number): readonly Uint32Array[] {
  const rows: number[][] = parts.names.map(() => []);
  const last = parts.ends.at(-1) ?? 0; // all rows
  for (let row = 0; row < last; row++) {
    const value = column.value(row);
    if (value === null) {
      throw new HeadgateError({
        code: 'INVALID_SPLIT',
        path: `rows[${row}].${name}`,
        problem: 'A row without a name cannot be placed by it.',
        expected: `a value of ${name} in every row`,
        received: 'null',
        mend: 'Leave such rows out, or split by `seed` alone.',
      });
    }
    const [place = 0] = uniforms({ seed, stream: `split/key/${nameOf(value)}`, counter: 0 }, 1);
    rows[parts.bounds.findIndex((bound) => place < bound)]?.push(row); // the last bound is 1, which no place reaches
  }
  return rows.map((own) => Uint32Array.from(own));
}
