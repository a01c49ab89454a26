import { expect, test } from 'vitest';
import { decide } from '../../src/evaluate/decisions.js';
import { explain } from '../../src/evaluate/explain.js';
import { binary, boundedRegression, classification, multilabel } from '../../src/index.js';
import { initialThresholds } from '../../src/score/scores.js';
import { and, ask, type Bench, bench, golden, goldenBench, goldenScores, not, or, scoresFrom } from './flows.js';

/** Each line with the texts that it hangs under, from the root down. */
function nesting(tree: string): string[] {
  const above: string[] = [];
  return tree
    .replaceAll('\u00a0', ' ') // treelib draws with no-break spaces
    .trimEnd()
    .split('\n')
    .map((line) => {
      const indent = /^[│├└─ ]*/u.exec(line)?.[0].length ?? 0;
      above.length = indent / 4;
      above.push(line.slice(indent).trimEnd());
      return above.join(' > ');
    });
}

const explained = ({ flow, layout }: Bench, activated: Parameters<typeof scoresFrom>[1], why = false): string =>
  explain(layout, decide(layout, scoresFrom(1, activated), initialThresholds(flow.tasks)), { ...wide, why });

const wide = { width: Number.POSITIVE_INFINITY };
const goldenDecisions = decide(goldenBench.layout, goldenScores, initialThresholds(goldenBench.flow.tasks));

test('the golden tree: the same lines hang under the same lines, siblings in flow order', () => {
  const ours = explain(goldenBench.layout, goldenDecisions, wide);
  expect(nesting(golden.tree).length).toBe(109);
  expect(nesting(ours).sort()).toEqual(nesting(golden.tree).sort());
  const lines = ours.split('\n');
  expect(lines.findIndex((line) => line.includes('x1'))).toBeLessThan(
    lines.findIndex((line) => line.includes('traits')),
  );
});

test('drawn with branches, and last branches closed', () => {
  const tree = explain(goldenBench.layout, goldenDecisions, wide);
  expect(tree.split('\n').slice(0, 22).join('\n')).toMatchInlineSnapshot(`
    "batch
    ├── inp 0
    │   └── blocked | decoded: True, activated: 0.8808, logits: 2.0000
    ├── inp 1
    │   └── blocked | decoded: False, activated: 0.2689, logits: -1.0000
    │       └── open | decoded: True, activated: 0.5987, logits: 0.4000
    │           └── person | decoded: True, activated: 0.5498, logits: 0.2000
    │               └── person_flow
    │                   ├── face
    │                   │   ├── x1 | decoded: 33.5987, activated: 0.5250, logits: 0.1000
    │                   │   └── traits
    │                   │       ├── 0: 0 | decoded: True, activated: 0.7311, logits: 1.0000
    │                   │       ├── 1: 1 | decoded: False, activated: 0.2689, logits: -1.0000
    │                   │       └── 2: 2 | decoded: True, activated: 0.6225, logits: 0.5000
    │                   └── shirt
    │                       ├── 0: 3 | activated: 0.2887, logits: 0.4000
    │                       ├── 1: 2 | activated: 0.2612, logits: 0.3000
    │                       ├── 2: 1 | activated: 0.2363, logits: 0.2000
    │                       └── 3: 0 | activated: 0.2138, logits: 0.1000
    ├── inp 2
    │   └── blocked | decoded: True, activated: 0.6225, logits: 0.5000
    ├── inp 3"
  `);
  expect(tree.endsWith('\n')).toBe(false);
});

test('why: the top of every pruned branch, with the condition and the value that failed it', () => {
  const tree = explain(goldenBench.layout, goldenDecisions, { ...wide, why: true });
  const lines = tree.split('\n');
  const from = (row: number): string => {
    const start = lines.findIndex((line) => line.includes(`inp ${row}`));
    const end = lines.findIndex((line) => line.includes(`inp ${row + 1}`));
    return lines.slice(start, end).join('\n');
  };
  expect(from(0)).toMatchInlineSnapshot(`
    "├── inp 0
    │   └── blocked | decoded: True, activated: 0.8808, logits: 2.0000
    │       └── open ✗ given not blocked: blocked is True (0.88)"
  `);
  expect(from(3)).toMatchInlineSnapshot(`
    "├── inp 3
    │   └── blocked | decoded: False, activated: 0.1192, logits: -2.0000
    │       └── open | decoded: False, activated: 0.4256, logits: -0.3000
    │           ├── locked | decoded: False, activated: 0.5000, logits: 0.0000
    │           └── person ✗ given open: open is False (0.43)"
  `);
  expect(from(4).split('\n').slice(0, 6).join('\n')).toMatchInlineSnapshot(`
    "├── inp 4
    │   └── blocked | decoded: False, activated: 0.1824, logits: -1.5000
    │       └── open | decoded: True, activated: 0.7109, logits: 0.9000
    │           ├── locked ✗ given not open: open is True (0.71)
    │           └── person | decoded: True, activated: 0.5744, logits: 0.3000
    │               └── person_flow"
  `);
  expect(
    nesting(tree)
      .filter((line) => !line.includes('✗'))
      .sort(),
  ).toEqual(nesting(golden.tree).sort());
});

const kinds = {
  a: binary(),
  b: binary(),
  c: binary(),
  shirt: classification({ classes: ['red', 'blue'] }),
  traits: multilabel({ classes: ['hat', '__proto__'] }),
  x: boundedRegression({ min: 0, max: 10 }),
};

test('several conditions: under the last asked task that is there, and only what failed is named', () => {
  const both = bench(kinds, ['a', ['b', ask('a')], ['c', or(ask('a'), ask('b'))]]);
  // both there: under b, the last one
  expect(nesting(explained(both, { a: [[0.9]], b: [[0.1]], c: [[0.9]] }))[4]).toContain('> b | decoded: False, ');
  const all = bench(kinds, ['a', 'b', ['c', and(ask('a'), not(ask('b')))]]);
  expect(nesting(explained(all, { a: [[0.9]], b: [[0.8]], c: [[0.9]] }, true)).at(-1)).toMatch(
    /> b \|[^>]*> c ✗ given a and not b: b is True \(0\.80\)$/,
  );
  expect(nesting(explained(all, { a: [[0.1]], b: [[0.8]], c: [[0.9]] }, true)).at(-1)).toMatch(
    /a and not b: a is False \(0\.10\), b is True \(0\.80\)$/,
  );
});

test('an asked task that does not apply itself is named as such, unless nothing asked applies', () => {
  const chain = bench(kinds, ['a', ['b', ask('a')], ['c', or(ask('b'), ask('a'))]]);
  const lines = nesting(explained(chain, { a: [[0.1]], b: [[0.9]], c: [[0.9]] }, true));
  expect(lines.slice(3)).toEqual([
    'batch > inp 0 > a | decoded: False, activated: 0.1000, logits: -2.1972 > b ✗ given a: a is False (0.10)',
    'batch > inp 0 > a | decoded: False, activated: 0.1000, logits: -2.1972 > c ✗ given b or a: b does not apply, a is False (0.10)',
  ]);
  const deep = bench(kinds, ['a', ['b', ask('a')], ['c', ask('b')]]);
  expect(explained(deep, { a: [[0.1]], b: [[0.9]], c: [[0.9]] }, true)).not.toContain('c ✗');
});

test('values of every form that can fail a condition', () => {
  const forms = bench(kinds, [
    'shirt',
    'traits',
    'x',
    ['a', ask('shirt', 'is', 'red')],
    ['b', ask('traits', 'has', '__proto__')],
    ['c', ask('x', 'above', 7)],
  ]);
  const tree = explained(
    forms,
    { shirt: [[0.25, 0.75]], traits: [[0.9, 0.2]], x: [[0.5]], a: [[0.5]], b: [[0.5]], c: [[0.5]] },
    true,
  );
  const pruned = nesting(tree).filter((line) => line.includes('✗'));
  expect(pruned.map((line) => line.split(' > ').at(-1))).toEqual([
    'a ✗ given shirt.is("red"): shirt is blue (0.75)',
    'b ✗ given traits.has("__proto__"): traits.__proto__ is False (0.20)',
    'c ✗ given x.above(7): x is 5.0000',
  ]);
  expect(pruned[0]).toContain('> shirt > given shirt > a ✗');
});

test('a nested flow hangs under its condition, as one pruned line when it fails, and is left out when empty', () => {
  const nested = bench(kinds, [
    'a',
    { name: 'f', condition: ask('a'), members: ['b', { name: 'g', members: [['c', ask('f.b')]] }] },
  ]);
  const open = nesting(explained(nested, { a: [[0.9]], 'f.b': [[0.1]], 'f.g.c': [[0.9]] }));
  expect(open.at(-1)).toMatch(/> a \|[^>]*> f > b \|[^>]*$/); // g has nothing to show
  const why = nesting(explained(nested, { a: [[0.9]], 'f.b': [[0.1]], 'f.g.c': [[0.9]] }, true));
  expect(why.at(-1)).toMatch(/> f > g > c ✗ given f\.b: f\.b is False \(0\.10\)$/);
  const closed = nesting(explained(nested, { a: [[0.1]], 'f.b': [[0.9]], 'f.g.c': [[0.9]] }, true));
  expect(closed.at(-1)).toMatch(/> a \|[^>]*> f ✗ given a: a is False \(0\.10\)$/);
});

test('a task given a nested task hangs under it', () => {
  const outward = bench(kinds, [{ name: 'f', members: ['x'] }, ['a', ask('f.x', 'above', 2)]]);
  expect(nesting(explained(outward, { 'f.x': [[0.5]], a: [[0.9]] })).at(-1)).toMatch(/> f > x \|[^>]*> a \|[^>]*$/);
});
