/** @file What the compiler holds of a class front end. Checked by `tsc`, never run; each expected error must be one. */
import { expectTypeOf } from 'vitest';
import { Flow, nested, Task, type TaskOf } from '../../src/entry/decorators.js';
import {
  binary,
  boundedRegression,
  type Condition,
  classification,
  type Features,
  multilabel,
} from '../../src/index.js';
import { count } from '../tasks/external-kind.js';

const cars = count();

export class Camera {
  @Task(binary()) doorOpen!: TaskOf<boolean>;
  @Task(classification({ classes: ['red', 'blue'] })) shirt!: TaskOf<'red' | 'blue'>;
  @Task(multilabel({ classes: ['hat', 'beard'] })) traits!: TaskOf<Record<'hat' | 'beard', boolean>>;
  @Task(boundedRegression({ min: 0, max: 64 })) faceX1!: TaskOf<number>;
  @Task(cars) cars!: TaskOf<typeof cars>;

  // @ts-expect-error a binary task predicts a boolean
  @Task(binary()) wrong!: TaskOf<number>;
  // @ts-expect-error the class `green` is not declared
  @Task(classification({ classes: ['red', 'blue'] })) wrongClass!: TaskOf<'red' | 'green'>;
  // @ts-expect-error a task's type is TaskOf<…>
  @Task(binary()) plain!: boolean;

  @Flow() person(x: Features<'features' | 'face'>) {
    return { shirt: this.shirt(x.features), faceX1: this.faceX1(x.face) };
  }

  @Flow() full(x: Features<'features' | 'face'>) {
    const open = this.doorOpen(x.features);
    const traits = this.traits(x.face);
    const person = nested(this.person(x)).given(open.not());
    expectTypeOf(person.shirt.is('red')).toEqualTypeOf<Condition>();
    expectTypeOf(person.faceX1.between(1, 2)).toEqualTypeOf<Condition>();
    expectTypeOf(traits.has('hat')).toEqualTypeOf<Condition>();
    const seen = this.cars(x.features);
    expectTypeOf(seen.atLeast(2)).toEqualTypeOf<Condition>();
    // @ts-expect-error no such class
    person.shirt.is('rde');
    // @ts-expect-error no such member
    person.shrt;
    // @ts-expect-error no such class
    traits.has('het');
    // @ts-expect-error no such feature
    this.doorOpen(x.featurs);
    // @ts-expect-error a classification is no condition
    open.given(this.shirt(x.features));
    return [open, traits, seen, person];
  }

  // @ts-expect-error a flow returns its members
  @Flow() nothing(x: Features<'features'>): string {
    return String(x.features);
  }
}
