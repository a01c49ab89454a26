/** @file The source of a project with many tasks and deep flows, to measure what its types cost. */

/** Tasks are spread over `depth` flows, each nested in the next; most have a condition, of every form. */
export function largeProject({ tasks, depth }: { readonly tasks: number; readonly depth: number }): string {
  const declarations = Array.from({ length: tasks }, (_, i) => `    t${i}: ${kindOf(i)},`);
  const perFlow = Math.ceil(tasks / depth);
  const flows = Array.from({ length: depth }, (_, level) => {
    const first = level * perFlow;
    return flowOf(level, first, Math.min(tasks, first + perFlow));
  });
  return `
import { and, binary, boundedRegression, classification, multilabel, or, Project, type Predictions, vector } from 'headgate';

export const project = new Project({
  name: 'large',
  inputs: { frame: vector({ size: 4 }) },
  tasks: {
${declarations.join('\n')}
  },
  backbone: ({ frame }) => ({ features: frame, other: frame }),
})
${flows.join('\n')};

export type Row = Predictions<typeof project>;
export function deepest(row: Row): boolean | null | undefined {
  return row${Array.from({ length: depth - 1 }, (_, i) => `${i === 0 ? '.' : '?.'}f${depth - 2 - i}`).join('')}?.t0;
}
export async function first(): Promise<Row | undefined> {
  await project.fit([], { epochs: 1 });
  return (await project.predict([]))[0];
}
`;
}

function kindOf(i: number): string {
  return [
    'binary()',
    `classification({ classes: ['red', 'green', 'c${i}'] })`,
    `multilabel({ classes: ['a', 'b', 'c${i}'] })`,
    'boundedRegression({ min: 0, max: 64 })',
  ][i % 4] as string;
}

function flowOf(level: number, first: number, end: number): string {
  const inner = level === 0 ? [] : [`    const inner = task.f${level - 1}(x).given(t${gateFrom(first)});`];
  const lines: string[] = [];
  for (let i = first; i < end; i++) {
    const gate = `t${gateFrom(first)}`;
    const conditions = [
      `.given(${gate}.not())`,
      `.given(${gate})`,
      `.given(and(${gate}, t${i - 1}.is('c${i - 1}')))`,
      `.given(or(${gate}, t${i - 1}.has('a'), t${i - 2}.in(['red', 'green'])))`,
    ];
    const condition = i >= gateFrom(first) + 4 ? conditions[i % 4] : '';
    lines.push(`    const t${i} = task.t${i}(x.${i % 2 === 0 ? 'features' : 'other'})${condition};`);
  }
  const names = Array.from({ length: end - first }, (_, i) => `t${first + i}`);
  const returned = [...names, ...(level === 0 ? [] : ['inner'])].join(', ');
  return `  .flow('f${level}', (task, x) => {\n${[...lines, ...inner].join('\n')}\n    return [${returned}];\n  })`;
}

/** The first binary task at or after `first`. */
const gateFrom = (first: number): number => Math.ceil(first / 4) * 4;
