/** @file Is there a loop? Then which digit with a loop; else which without. And how much ink did it take? */
import { binary, boundedRegression, classification, image, Project } from 'headgate';
import { ink, side, withLoop, withoutLoop } from './read.js';

/** @param seed of the initial weights */
export const declareDigits = (seed = 0) =>
  new Project({
    name: 'digits',
    seed,
    inputs: { image: image({ height: side, width: side, channels: 1, scale: 1 / ink }) },
    tasks: {
      hasLoop: binary(),
      loopDigit: classification({ classes: withLoop }),
      plainDigit: classification({ classes: withoutLoop }),
      writtenArea: boundedRegression({ min: 0, max: (side * side) / 2 }),
    },
  }).flow('digit', (task, x) => {
    const loop = task.hasLoop(x.features);
    return [
      loop,
      task.loopDigit(x.features).given(loop),
      task.plainDigit(x.features).given(loop.not()),
      task.writtenArea(x.features),
    ];
  });

export const digits = declareDigits();
