/** @file Trees drawn with lines. */
import { visible, wrap } from '../text.js';

export interface TreeNode {
  readonly text: string;
  readonly children: readonly TreeNode[];
}

/** Columns that a text keeps for itself, however deep it hangs. */
const LEAST_TEXT = 24;

/**
 * The node's text, and its children below it behind `├──` and `└──`. No line break at the end. A text goes on in lines
 * below where it would be wider than `width`; what cannot be printed is written as an escape.
 */
export function drawTree(root: TreeNode, width = Number.POSITIVE_INFINITY): string {
  const lines: string[] = wrap(visible(root.text), width);
  drawChildren(root, '', width, lines);
  return lines.join('\n');
}

/** A value stays beside its name: `logits: 0.3` is not broken. */
function broken(text: string, width: number): string[] {
  const lines = wrap(visible(text).replaceAll(': ', `:${KEPT}`), width);
  return lines.map((line) => line.replaceAll(KEPT, ' '));
}

/** Stands for a blank; `visible` leaves none of it in a text. */
const KEPT = '\u0000';

function drawChildren(node: TreeNode, indent: string, width: number, lines: string[]): void {
  node.children.forEach((child, i) => {
    const last = i === node.children.length - 1;
    const below = `${indent}${last ? '    ' : '│   '}`;
    const guide = `${below}${child.children.length > 0 ? '│ ' : '  '}`;
    const [first, ...others] = broken(child.text, Math.max(LEAST_TEXT, width - guide.length));
    lines.push(`${indent}${last ? '└── ' : '├── '}${first}`, ...others.map((line) => guide + line));
    drawChildren(child, below, width, lines);
  });
}
