import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawTree, type TreeNode } from '../../src/evaluate/text-tree.js';

const leaf = (text: string): TreeNode => ({ text, children: [] });
/** A chain of so many steps down. */
const chain = (depth: number, text: string): TreeNode =>
  depth === 0 ? leaf(text) : { text: 'n', children: [chain(depth - 1, text)] };

test('steps grow shorter just where the texts of the deepest nodes would have fewer than 24 columns', () => {
  // steps of 4 columns: 10 of them, a guide of 2 and 24 for the text are 66
  const deepest = (depth: number, width: number): string =>
    String(drawTree(chain(depth, 'x'), width).split('\n').at(-1)).trimStart();
  expect([deepest(10, 66), deepest(10, 65)]).toEqual(['└── x', '└─ x']);
  expect([deepest(10, 56), deepest(10, 55)]).toEqual(['└─ x', '└ x']);
  expect([deepest(10, 46), deepest(10, 45), deepest(10, 1)]).toEqual(['└ x', '└x', '└x']);
  expect(deepest(10, Number.POSITIVE_INFINITY)).toBe('└── x');
  // the deepest branch counts, wherever it hangs
  const beside = { text: 'r', children: [leaf('a'), chain(9, 'x'), leaf('b')] };
  expect(drawTree(beside, 66)).toContain('├── a');
  expect(drawTree(beside, 65)).toContain('├─ a');
});

test('a text keeps 24 columns however deep it hangs; the root goes on below too', () => {
  const words = 'one two three four five six seven';
  const lines = drawTree(chain(30, words), 20).split('\n');
  expect(lines.slice(-2).map((line) => line.trimStart())).toEqual(['└one two three four five', 'six seven']);
  expect(drawTree(leaf(words), 24)).toBe('one two three four five\nsix seven');
  expect(drawTree(leaf('abc\ndef'))).toBe('abc\\ndef');
});

test('a value stays beside its name', () => {
  const text = `${'x'.repeat(14)} logits: 0.3`;
  const [, first, second] = drawTree({ text: 'r', children: [leaf(text)] }, 30).split('\n');
  expect([first, second]).toEqual([`└── ${'x'.repeat(14)}`, '      logits: 0.3']);
});

test('each text stands behind the lines of the branches around it that go on', () => {
  const text = fc.constantFrom('a', 'b c', 'd');
  const { tree } = fc.letrec<{ tree: TreeNode }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      text.map(leaf),
      fc.record({ text, children: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
    ),
  }));
  /** As its definition says: for each node around it a line if another sibling follows, and a branch of its own. */
  const naive = (node: TreeNode, above: readonly boolean[]): string[] => [
    above.map((last, i) => (i === above.length - 1 ? (last ? '└── ' : '├── ') : last ? '    ' : '│   ')).join('') +
      node.text,
    ...node.children.flatMap((child, i) => naive(child, [...above, i === node.children.length - 1])),
  ];
  fc.assert(
    fc.property(tree, (root) => {
      expect(drawTree(root)).toBe(naive(root, []).join('\n'));
    }),
    { numRuns: 50 },
  );
});
