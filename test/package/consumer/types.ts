// Checked by scripts/check-package.sh against the types of the installed tarball.
import { binary, classification, type Predictions, Project, vector } from 'headgate';
import { Flow, Task, type TaskOf } from 'headgate/decorators';
import { UnitSlice } from 'headgate/layers';
import { registerOnnxBackend } from 'headgate/tfjs';

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

export class Weather {
  @Task(binary()) warm!: TaskOf<boolean>;
  @Flow() full(x: { readonly features: never }) {
    return [this.warm(x.features)];
  }
}
export const register: () => void = registerOnnxBackend;
export const slice: string = UnitSlice.className;
