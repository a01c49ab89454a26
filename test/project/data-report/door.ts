/** A nested flow and eight rows, of which every count is known by hand. */
import {
  and,
  binary,
  category,
  classification,
  columns,
  multilabel,
  number,
  Project,
  type Row,
  regression,
  vector,
} from '../../../src/index.js';

export function doorProject() {
  return new Project({
    name: 'door',
    inputs: {
      x: vector({ columns: ['a', 'b'] }),
      row: columns({ age: number(), sex: category({ values: ['m', 'f'] }), twin: number(), always: number() }),
    },
    tasks: {
      open: binary(),
      blocked: binary(),
      alarm: binary(),
      present: binary(),
      shirt: classification({ classes: ['red', 'blue', 'green'] }),
      size: regression(),
      traits: multilabel({ classes: ['hat', 'beard'] }),
    },
    backbone: () => {
      throw new Error('no network is needed');
    },
    onNote: () => {},
  })
    .flow('person', (task, x) => {
      const present = task.present(x.features);
      return [
        present,
        task.shirt(x.features).given(present),
        task.size(x.features).given(present),
        task.traits(x.features),
      ];
    })
    .flow('full', (task, x) => {
      const open = task.open(x.features);
      const blocked = task.blocked(x.features);
      return [open, blocked, task.person(x).given(and(open, blocked.not())), task.alarm(x.features)];
    });
}

/** The person's gate: true in rows 0, 1, 2, 6; false in 4 and 5; not known in 3 and 7. */
export const doorRows: readonly Row[] = [
  { open: true, blocked: false, present: true, shirt: 'red', size: 2, traits: ['hat'] },
  { open: true, blocked: false, present: true, shirt: 'blue', size: 4, traits: ['hat', 'beard'] },
  { open: true, blocked: false, present: false, shirt: 'red', size: 9, traits: [] },
  { open: true, blocked: null, present: true, shirt: 'red', size: 6, traits: null },
  { open: false, blocked: null, present: true, shirt: 'blue', size: null, traits: ['hat'] },
  { open: null, blocked: true, present: null, shirt: null, size: 1, traits: null },
  { open: true, blocked: false, present: true, shirt: 'blu', size: null, traits: { hat: true, beard: null } },
  { open: null, blocked: false, present: true, shirt: 'green', size: 8, traits: ['beard'] },
].map((labels, i) => {
  const age = [10, null, 30, 10, null, 30, 10, 10][i];
  return {
    ...labels,
    a: [0, 1, 2, 3, 4, 5, 0, 0][i],
    b: [1.5, 1.5, 1.5, null, 1.5, 'x', 1.5, 1.5][i],
    ...{ age, twin: age, always: 3, alrm: true },
    sex: ['m', 'f', 'm', 'q', 'm', 'f', 'm', 'm'][i],
  };
});

const project = doorProject();

/** Its rows are of any type: what is wrong in them is what is looked for. */
export const describeDoor = (rows: unknown, options?: object): ReturnType<typeof project.describeData> =>
  Reflect.apply(project.describeData, project, options === undefined ? [rows] : [rows, options]);
