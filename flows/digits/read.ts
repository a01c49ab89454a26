/** @file The handwritten digits with the labels of this example, derived from the pixels and the written digit. */
import { readCsv, Table } from 'headgate';

export const side = 8;
/** Greatest value of a pixel. */
export const ink = 16;
export const withLoop = ['0', '6', '8', '9'] as const;
export const withoutLoop = ['1', '2', '3', '4', '5', '7'] as const;

/** Columns `image`, `hasLoop`, `loopDigit`, `plainDigit` and `writtenArea`, the last in pixels. */
export async function readDigits(): Promise<Table> {
  const { table } = await readCsv(new URL('digits.csv.gz', import.meta.url), { types: { digit: 'string' } });
  const pixels = Float32Array.from({ length: table.rows * side * side }, (_, i) =>
    Number(table.value(Math.floor(i / (side * side)), `p${i % (side * side)}`)),
  );
  const labels = table.toRecords().map((row, index) => {
    const digit = String(row.digit);
    const hasLoop = withLoop.some((name) => name === digit);
    const image = pixels.subarray(index * side * side, (index + 1) * side * side);
    return {
      hasLoop,
      loopDigit: hasLoop ? digit : null,
      plainDigit: hasLoop ? null : digit,
      writtenArea: image.reduce((sum, value) => sum + value, 0) / ink,
    };
  });
  return Table.fromRecords(labels).with('image', { data: pixels, shape: [side, side, 1] });
}
