/**
 * @file The encoder in plain arrays of float64, one row at a time and without a mask: what is not there is left out before
 * anything is computed. erf by its series (Abramowitz and Stegun, 7.1.5).
 */
import type { HostTensors } from '../../../src/engine/engine.js';
import type { TransformerEncoderOptions } from '../../../src/model/transformer/options.js';

export type Rows = readonly (readonly number[])[];

const at = (x: Rows, i: number): readonly number[] => x[i] ?? [];
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [term, total] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= -(x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const ACTIVATIONS = { gelu: (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2)), relu: (x: number) => Math.max(x, 0) };

/** `[positions that are there, width]` of one row: its values and the place of each. */
export function naiveEncoder(
  weights: HostTensors,
  options: TransformerEncoderOptions,
  given: { readonly values: readonly (number | readonly number[])[]; readonly places: readonly number[] },
): Rows {
  const { width, layers, heads, activation = 'gelu', positions = 'learned', name = 'encoder' } = options;
  const numbers = (part: string): readonly number[] => {
    const found = weights[`${name}/${part}`];
    if (found === undefined) throw new Error(`no weight ${part}`);
    return [...found.data];
  };
  const affine = (part: string, x: Rows): Rows => {
    const [kernel, bias] = [numbers(`${part}/kernel`), numbers(`${part}/bias`)];
    return x.map((row) =>
      bias.map((start, j) => start + sum(row.map((one, i) => one * (kernel[i * bias.length + j] ?? Number.NaN)))),
    );
  };
  const norm = (part: string, x: Rows): Rows => {
    const [gamma, beta] = [numbers(`${part}/gamma`), numbers(`${part}/beta`)];
    return x.map((row) => {
      const mean = sum(row) / row.length;
      const deviation = Math.sqrt(sum(row.map((one) => (one - mean) ** 2)) / row.length + 1e-5);
      return row.map((one, j) => ((one - mean) / deviation) * (gamma[j] ?? Number.NaN) + (beta[j] ?? Number.NaN));
    });
  };
  const added = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((one, j) => one + (at(b, i)[j] ?? Number.NaN)));
  const attention = (block: string, x: Rows): Rows => {
    const [q, k, v] = ['query', 'key', 'value'].map((part) => affine(`${block}/attention/${part}`, x)) as [
      Rows,
      Rows,
      Rows,
    ];
    const size = width / heads;
    const merged = q.map((target) =>
      Array.from({ length: heads }, (_, head) => {
        const part = (row: readonly number[]) => row.slice(head * size, (head + 1) * size);
        const scores = k.map((source) => {
          const own = part(source);
          return sum(part(target).map((one, i) => one * (own[i] ?? Number.NaN))) / Math.sqrt(size);
        });
        const shares = scores.map((score) => Math.exp(score - Math.max(...scores)));
        return Array.from({ length: size }, (_, i) =>
          sum(shares.map((share, s) => (share / sum(shares)) * (part(at(v, s))[i] ?? Number.NaN))),
        );
      }).flat(),
    );
    return affine(`${block}/attention/output`, merged);
  };
  const placed = (place: number): number[] => {
    if (positions === 'learned') return numbers('positions/embeddings').slice(place * width, (place + 1) * width);
    if (positions === 'none') return Array<number>(width).fill(0);
    return Array.from({ length: width }, (_, j) => {
      const angle = place / 10_000 ** ((j - (j % 2)) / width);
      return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
  };
  const embedded =
    options.vocabulary === undefined
      ? affine('project', given.values as Rows) // vectors, where there is no vocabulary
      : given.values.map((id) => numbers('tokens/embeddings').slice(Number(id) * width, (Number(id) + 1) * width));
  let x = added(embedded, given.places.map(placed));
  for (let i = 1; i <= layers; i++) {
    const block = `block${i}`;
    x = added(x, attention(block, norm(`${block}/attention/norm`, x)));
    const wide = affine(`${block}/feedForward/first`, norm(`${block}/feedForward/norm`, x));
    x = added(
      x,
      affine(
        `${block}/feedForward/second`,
        wide.map((row) => row.map(ACTIVATIONS[activation])),
      ),
    );
  }
  return norm('norm', x);
}
