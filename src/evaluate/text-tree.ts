/** @file Trees drawn with lines. */

export interface TreeNode {
  readonly text: string;
  readonly children: readonly TreeNode[];
}

/** The node's text, and its children below it behind `├──` and `└──`. No line break at the end. */
export function drawTree(root: TreeNode): string {
  const lines = [root.text];
  drawChildren(root, '', lines);
  return lines.join('\n');
}

function drawChildren(node: TreeNode, indent: string, lines: string[]): void {
  node.children.forEach((child, i) => {
    const last = i === node.children.length - 1;
    lines.push(`${indent}${last ? '└── ' : '├── '}${child.text}`);
    drawChildren(child, `${indent}${last ? '    ' : '│   '}`, lines);
  });
}
