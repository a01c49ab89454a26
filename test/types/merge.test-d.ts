/** @file What the compiler holds of merging: each method has its own options. Checked by `tsc`, never run. */
import { expectTypeOf } from 'vitest';
import { binary, type MergeMethodName, type MergeOptions, Project, regression, vector } from '../../src/index.js';

const declared = () =>
  new Project({
    name: 'door',
    inputs: { x: vector({ size: 2 }) },
    tasks: { open: binary(), size: regression() },
  }).flow('full', (task, x) => [task.open(x.features), task.size(x.features)]);
const [project, other, base] = [declared(), declared(), declared()];
const house = new Project({
  name: 'house',
  inputs: { x: vector({ size: 2 }) },
  tasks: { price: regression() },
}).flow('full', (task, x) => [task.price(x.features)]);

export async function merges(): Promise<void> {
  const merging = await project.merge([other], { method: 'average' });
  expectTypeOf(merging.method).toEqualTypeOf<MergeMethodName>();
  expectTypeOf(merging.interference[0]?.value).toEqualTypeOf<number | null | undefined>();
  await project.merge([other], { method: 'ties', base, density: 0.5 });
  await project.merge([other], { method: 'replace', masks: { 'head/open/bias': [true] } });
  await project.merge([other], {
    method: 'fisher-weighted',
    importances: [{}, { 'head/open/bias': Float32Array.of(1) }],
  });
  // @ts-expect-error no such method
  await project.merge([other], { method: 'mean' });
  // @ts-expect-error it needs weights
  await project.merge([other], { method: 'weighted' });
  // @ts-expect-error it needs a base
  await project.merge([other], { method: 'task-arithmetic', scale: 1 });
  // @ts-expect-error the mean takes no scale
  await project.merge([other], { method: 'average', scale: 2 });
  // @ts-expect-error a list of scales is for task arithmetic
  await project.merge([other], { method: 'ties', base, scale: [1, 2] });
  // @ts-expect-error a project of other tasks
  await project.merge([house], { method: 'average' });
  // @ts-expect-error a base of other tasks
  await project.merge([other], { method: 'ties', base: house });
}

/** Whoever asks for all methods answers for all of them, or does not compile. */
export function described({ method }: MergeOptions): string {
  switch (method) {
    case 'average':
    case 'weighted':
    case 'importance-weighted':
    case 'fisher-weighted':
    case 'rank-weighted':
    case 'task-arithmetic':
    case 'ties':
    case 'dare':
    case 'slerp':
    case 'replace':
      return method;
    default:
      return method satisfies never;
  }
}
