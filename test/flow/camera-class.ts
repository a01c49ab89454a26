/** @file The security camera of `flows/`, declared by a class. */

import { Flow, nested, Task, type TaskOf } from '../../src/entry/decorators.js';
import { binary, boundedRegression, classification, type Features, multilabel } from '../../src/index.js';

const pixels = boundedRegression({ min: 0, max: 64 });
const characteristics = multilabel({ classes: ['red', 'green', 'blue'] });
const shirts = ['blue', 'red', 'yellow', 'cyan', 'magenta', 'green', 'black'] as const;

type Backbone = Features<'features' | 'faceLocalization' | 'bodyLocalization'>;

export class Camera {
  @Task(binary()) cameraBlocked!: TaskOf<boolean>;
  @Task(binary()) doorOpen!: TaskOf<boolean>;
  @Task(binary()) doorLocked!: TaskOf<boolean>;
  @Task(binary()) personPresent!: TaskOf<boolean>;
  @Task(pixels) faceX1!: TaskOf<number>;
  @Task(pixels) faceY1!: TaskOf<number>;
  @Task(pixels) faceWidth!: TaskOf<number>;
  @Task(pixels) faceHeight!: TaskOf<number>;
  @Task(characteristics) facialCharacteristics!: TaskOf<typeof characteristics>;
  @Task(pixels) bodyX1!: TaskOf<number>;
  @Task(pixels) bodyY1!: TaskOf<number>;
  @Task(pixels) bodyWidth!: TaskOf<number>;
  @Task(pixels) bodyHeight!: TaskOf<number>;
  @Task(classification({ classes: shirts })) shirtType!: TaskOf<(typeof shirts)[number]>;

  @Flow() faceRegression(x: Backbone) {
    return [
      this.faceX1(x.faceLocalization),
      this.faceY1(x.faceLocalization),
      this.faceWidth(x.faceLocalization),
      this.faceHeight(x.faceLocalization),
      this.facialCharacteristics(x.features),
    ];
  }

  @Flow() bodyRegression(x: Backbone) {
    return [
      this.bodyX1(x.bodyLocalization),
      this.bodyY1(x.bodyLocalization),
      this.bodyWidth(x.bodyLocalization),
      this.bodyHeight(x.bodyLocalization),
      this.shirtType(x.features),
    ];
  }

  @Flow() personRegression(x: Backbone) {
    return [nested(this.faceRegression(x)), nested(this.bodyRegression(x))];
  }

  @Flow() full(x: Backbone) {
    const blocked = this.cameraBlocked(x.features);
    const open = this.doorOpen(x.features).given(blocked.not());
    const locked = this.doorLocked(x.features).given(open.not());
    const person = this.personPresent(x.features).given(open);
    return [blocked, open, locked, person, nested(this.personRegression(x)).given(person)];
  }
}
