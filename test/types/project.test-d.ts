/** @file What the compiler holds of a project. Checked by `tsc`, never run; each expected error must be one. */
import { expectTypeOf } from 'vitest';
import {
  and,
  binary,
  boundedRegression,
  type Condition,
  classification,
  type Labels,
  multilabel,
  not,
  or,
  type Predictions,
  Project,
  regression,
  vector,
} from '../../src/index.js';
import { count } from '../tasks/external-kind.js';

const declared = new Project({
  name: 'camera',
  inputs: { frame: vector({ size: 4 }) },
  tasks: {
    doorOpen: binary(),
    personPresent: binary(),
    faceX1: boundedRegression({ min: 0, max: 64 }),
    age: regression(),
    shirt: classification({ classes: ['red', 'blue'] }),
    traits: multilabel({ classes: ['hat', 'beard'] }),
  },
  backbone: ({ frame }) => ({ features: frame, face: frame }),
});

const project = declared
  .flow('person', (task, x) => {
    const shirt = task.shirt(x.features);
    return [task.faceX1(x.face), shirt, task.traits(x.face).given(shirt.is('red'))];
  })
  .flow('outer', (task, x) => {
    const age = task.age(x.features);
    return [age, task.person(x).given(age.above(18))];
  })
  .flow('full', (task, x) => {
    const open = task.doorOpen(x.features);
    const present = task.personPresent(x.features).given(open);
    return [open, present, task.outer({ features: x.features, face: x.face }).given(present)];
  });

// Predictions: nested as the flows are, null where a condition may cut off.
type Row = Predictions<typeof project>;
expectTypeOf<keyof Row>().toEqualTypeOf<'doorOpen' | 'personPresent' | 'outer'>();
expectTypeOf<Row['doorOpen']>().toEqualTypeOf<boolean>();
expectTypeOf<Row['personPresent']>().toEqualTypeOf<boolean | null>();
type Outer = NonNullable<Row['outer']>;
expectTypeOf<Outer['age']>().toEqualTypeOf<number>();
type Person = NonNullable<Outer['person']>;
expectTypeOf<Person['faceX1']>().toEqualTypeOf<number>();
expectTypeOf<Person['shirt']>().toEqualTypeOf<'red' | 'blue'>();
expectTypeOf<Person['traits']>().toEqualTypeOf<Readonly<Record<'hat' | 'beard', boolean>> | null>();

export async function predictions(): Promise<void> {
  const [row] = await project.predict([]);
  expectTypeOf(row).toEqualTypeOf<Row | undefined>();
  // @ts-expect-error no such task
  row?.dorOpen;
  // @ts-expect-error the nested flow may not apply
  row?.outer.age;
  // @ts-expect-error `personPresent` is no member of the nested flow
  row?.outer?.personPresent;
  const [detailed] = await project.predict([], { probabilities: true });
  expectTypeOf(detailed?.doorOpen.value).toEqualTypeOf<boolean | undefined>();
  await project.tune([], { metric: { 'outer.person.traits': 'f1_score' } });
  // @ts-expect-error no such path
  await project.tune([], { metric: { 'person.traits': 'f1_score' } });
}

// Labels: by name or full path, all optional.
export const labels: Labels<typeof project> = { doorOpen: true, shirt: 'red', 'outer.person.faceX1': null };
// @ts-expect-error no such class
export const wrongClass: Labels<typeof project> = { 'outer.person.shirt': 'rde' };
// @ts-expect-error no such task
export const wrongTask: Labels<typeof project> = { dorOpen: true };
// @ts-expect-error no such path
export const wrongPath: Labels<typeof project> = { 'person.shirt': 'red' };

// The root decides what predictions are.
expectTypeOf<keyof Predictions<ReturnType<typeof personRoot>>>().toEqualTypeOf<'faceX1' | 'shirt' | 'traits'>();
function personRoot() {
  return project.root('person');
}
// @ts-expect-error no such flow
project.root('persn');

declared.flow('wrong', (task, x) => {
  const open = task.doorOpen(x.features);
  const shirt = task.shirt(x.face);
  const traits = task.traits(x.face);
  const faceX1 = task.faceX1(x.face);

  // @ts-expect-error no such task
  task.dorOpen(x.features);
  // @ts-expect-error no such flow: it is declared later, or not at all
  task.person(x);
  // @ts-expect-error no such feature
  task.doorOpen(x.featurs);
  // @ts-expect-error all features are not one
  task.doorOpen(x);
  // @ts-expect-error a string is no feature
  task.doorOpen('features');

  // @ts-expect-error no such class
  shirt.is('rde');
  // @ts-expect-error no such class
  shirt.in(['red', 'gren']);
  // @ts-expect-error no such class
  traits.has('het');
  // @ts-expect-error a bound is a number
  faceX1.above('10');
  // @ts-expect-error a classification has no bounds
  shirt.above(10);
  // @ts-expect-error a regression has no classes
  faceX1.is('red');

  // @ts-expect-error a classification is no condition; ask it something
  open.given(shirt);
  // @ts-expect-error a regression cannot be negated
  faceX1.not();
  // @ts-expect-error a regression is no condition
  and(open, faceX1);
  // @ts-expect-error at least one part
  or();
  // @ts-expect-error a boolean is no condition
  not(true);

  // @ts-expect-error no such choice
  open.given(shirt.is('red'), { whenUnknown: 'maybe' });
  expectTypeOf(open.given(shirt.is('red'), { whenUnknown: 'include' })).toExtend<Condition>();
  expectTypeOf(open).toExtend<Condition>();
  expectTypeOf(open.given(shirt.is('red'))).toExtend<Condition>();
  expectTypeOf(and(open, or(shirt.in(['red']), traits.has('hat')), not(open))).toEqualTypeOf<Condition>();
  return [open, shirt, traits, faceX1];
});

project.flow('deep', (task, x) => {
  const outer = task.outer(x);
  // Members of nested flows, at any depth.
  expectTypeOf(outer.person.shirt.is('red')).toEqualTypeOf<Condition>();
  expectTypeOf(outer.person.faceX1.above(10)).toEqualTypeOf<Condition>();
  // @ts-expect-error no such member
  outer.person.shrt;
  // @ts-expect-error no such class
  outer.person.shirt.is('rde');
  // @ts-expect-error a nested flow is no condition
  task.doorOpen(x.features).given(outer);
  // @ts-expect-error no such feature
  task.outer({ featurs: x.features });
  return [outer];
});

// @ts-expect-error what a flow returns are members, not conditions
declared.flow('conditions', (task, x) => [task.shirt(x.features).is('red')]);

const plain = new Project({ name: 'a', inputs: { v: vector({ size: 1 }) }, tasks: { cars: count(), open: binary() } });

// Without a backbone there is one feature, `features`.
plain.flow('features', (task, x) => [
  task.open(x.features),
  // @ts-expect-error no such feature
  task.cars(x.face),
]);

// A kind from outside brings its own questions and, if it has a truth, is a condition.
plain.flow('outside', (task, x) => {
  const cars = task.cars(x.features);
  expectTypeOf(cars.atLeast(3)).toEqualTypeOf<Condition>();
  expectTypeOf(cars).toExtend<Condition>();
  // @ts-expect-error a count is a number
  cars.atLeast('3');
  // @ts-expect-error no such question
  cars.above(3);
  return [cars, task.open(x.features).given(cars.isZero())];
});
