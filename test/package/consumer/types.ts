// Checked by scripts/check-package.sh against the types of the installed tarball.
import { binary, classification, type Predictions, Project, vector } from 'headgate';

const project = new Project({
  name: 'weather',
  inputs: { x: vector({ size: 2 }) },
  tasks: { warm: binary(), sky: classification({ classes: ['clear', 'cloudy'] }) },
}).flow('full', (task, x) => {
  const warm = task.warm(x.features);
  return [warm, task.sky(x.features).given(warm)];
});

export const prediction: Predictions<typeof project> = { warm: true, sky: 'clear' };
// @ts-expect-error -- no such class
export const wrong: Predictions<typeof project> = { warm: true, sky: 'green' };
