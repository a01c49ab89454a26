/** @file Trees drawn with lines. */
import { visible, wrap } from '../text.js';

export interface TreeNode {
  readonly text: string;
  readonly children: readonly TreeNode[];
}

/** Columns that a text keeps for itself, however deep it hangs. */
const LEAST_TEXT = 24;

/** How a step down is drawn, the widest first. */
const STEPS = [
  { child: '├── ', last: '└── ', on: '│   ', off: '    ' },
  { child: '├─ ', last: '└─ ', on: '│  ', off: '   ' },
  { child: '├ ', last: '└ ', on: '│ ', off: '  ' },
  { child: '├', last: '└', on: '│', off: ' ' },
] as const;
type Step = (typeof STEPS)[number];

/**
 * The node's text, and its children below it behind `├──` and `└──`, in shorter steps where the tree is so deep that its
 * texts would leave `width`. No line break at the end. A text goes on in lines below where it would be wider; what cannot
 * be printed is written as an escape.
 */
export function drawTree(root: TreeNode, width = Number.POSITIVE_INFINITY): string {
  const room = Math.max(LEAST_TEXT, width);
  const deepest = depthOf(root);
  const step = STEPS.find(({ on }) => deepest * on.length + 2 + LEAST_TEXT <= room) ?? (STEPS.at(-1) as Step); // a constant list
  const lines: string[] = wrap(visible(root.text), room);
  drawChildren(root, '', { width, step }, lines);
  return lines.join('\n');
}

function depthOf({ children }: TreeNode): number {
  return children.reduce((depth, child) => Math.max(depth, 1 + depthOf(child)), 0);
}

/** A value stays beside its name: `logits: 0.3` is not broken. */
function broken(text: string, width: number): string[] {
  const lines = wrap(visible(text).replaceAll(': ', `:${KEPT}`), width);
  return lines.map((line) => line.replaceAll(KEPT, ' '));
}

/** Stands for a blank; `visible` leaves none of it in a text. */
const KEPT = '\u0000';

function drawChildren(
  node: TreeNode,
  indent: string,
  shape: { readonly width: number; readonly step: Step },
  lines: string[],
): void {
  const { child: branch, last: end, on, off } = shape.step;
  node.children.forEach((child, i) => {
    const last = i === node.children.length - 1;
    const below = `${indent}${last ? off : on}`;
    const guide = `${below}${child.children.length > 0 ? '│ ' : '  '}`;
    const [first, ...others] = broken(child.text, Math.max(LEAST_TEXT, shape.width - guide.length));
    lines.push(`${indent}${last ? end : branch}${first}`, ...others.map((line) => guide + line));
    drawChildren(child, below, shape, lines);
  });
}
