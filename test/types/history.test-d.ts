/** @file What the compiler holds of histories, metrics and detailed predictions. Checked by `tsc`, never run. */
import { expectTypeOf } from 'vitest';
import { binary, classification, type History, multilabel, Project, regression, vector } from '../../src/index.js';

const project = new Project({
  name: 'shop',
  inputs: { row: vector({ size: 2 }) },
  tasks: {
    open: binary(),
    age: regression(),
    shirt: classification({ classes: ['red', 'blue'] }),
    traits: multilabel({ classes: ['hat', 'beard'] }),
  },
})
  .flow('person', (task, x) => [task.age(x.features), task.shirt(x.features), task.traits(x.features)])
  .flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.person(x).given(open)];
  });

type Path = 'open' | 'person.age' | 'person.shirt' | 'person.traits';

export async function histories(): Promise<void> {
  const history = await project.fit([], {
    onEpochEnd: (record) => {
      expectTypeOf(record.tasks).toEqualTypeOf<Readonly<Record<Path, number | null>>>();
      // @ts-expect-error no such path
      record.tasks.age;
      return record.validation?.metrics['person.shirt'].accuracy;
    },
  });
  expectTypeOf(history).toEqualTypeOf<History<Path>>();
  expectTypeOf(history.epochs[0]?.tasks['person.age']).toEqualTypeOf<number | null | undefined>();
  // @ts-expect-error no such path
  history.epochs[0]?.tasks['person.ages'];
  // @ts-expect-error a flow is no task
  history.epochs[0]?.tasks.person;
  // @ts-expect-error no such option
  await project.fit([], { epoch: 3 });
}

export async function tunings(): Promise<void> {
  await project.tune([], { metric: 'f1_score' });
  await project.tune([], { metric: { open: 'accuracy', 'person.traits': 'f1_score' } });
  // @ts-expect-error no such path
  await project.tune([], { metric: { opn: 'accuracy' } });
}

export async function details(): Promise<void> {
  const [row] = await project.predict([], { probabilities: true });
  expectTypeOf(row?.open.value).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(row?.person?.shirt.value).toEqualTypeOf<'red' | 'blue' | undefined>();
  expectTypeOf(row?.person?.traits.value).toEqualTypeOf<Readonly<Record<'hat' | 'beard', boolean>> | undefined>();
  // @ts-expect-error the flow may not apply
  row?.person.shirt;
  const [plain] = await project.predict([], { probabilities: false });
  // @ts-expect-error without probabilities a leaf is the value itself
  plain?.open.value;
}
