/** @file The one door to danfo.js, an optional peer: nothing else in Headgate needs it. */
import { HeadgateError } from '../errors.js';

/** The part of danfo's DataFrame that is promised here; the object is the whole thing. */
export interface DanfoFrame {
  readonly shape: readonly number[];
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
  print(): void;
}

/**
 * A DataFrame of these rows. Missing values become NaN: danfo's group means would count null as 0.
 *
 * @throws HeadgateError `MISSING_PACKAGE`
 */
export async function danfoFrame(
  columnNames: readonly string[],
  rows: readonly (readonly unknown[])[],
): Promise<DanfoFrame> {
  const danfo = await importDanfo();
  const values = rows.map((row) => row.map((value) => value ?? Number.NaN));
  return new danfo.DataFrame(values, { columns: columnNames });
}

interface Danfo {
  readonly DataFrame: new (
    rows: readonly (readonly unknown[])[],
    options: { columns: readonly string[] },
  ) => DanfoFrame;
}

async function importDanfo(): Promise<Danfo> {
  const name = 'danfojs-node'; // not a literal: the compiler must not look for an optional package
  try {
    const danfo: Danfo | { default: Danfo } = await import(name);
    return 'DataFrame' in danfo ? danfo : danfo.default;
  } catch (cause) {
    throw new HeadgateError(
      {
        code: 'MISSING_PACKAGE',
        path: 'danfojs-node',
        problem: 'toDanfo() needs the package danfojs-node, which could not be loaded.',
        received: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
        mend:
          'Install it with these npm overrides, which keep one copy of TensorFlow.js: ' +
          '"@tensorflow/tfjs-node": "npm:@tensorflow/tfjs@4.22.0", "xlsx": "npm:@e965/xlsx@^0.20.3".',
      },
      { cause },
    );
  }
}
