// Checked by scripts/check-package.sh against the types of the installed tarball.
import { binary, classification, type Predictions, Project, vector } from 'headgate';
import { Flow, Task, type TaskOf } from 'headgate/decorators';
import { type MaskModelOptions, MultiMaskedDense, maskModel, UnitSlice } from 'headgate/layers';
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
export const trunk = new MultiMaskedDense({
  units: 1,
  kernelRegularizer: 'l1l2',
  maskInitializer: 'ones',
  name: 'trunk',
});
export const tasks: number = trunk.taskCount;
export const masks: readonly string[] = trunk.maskedWeights.map(({ name }) => name);
// @ts-expect-error -- no such option
export const misspelt = new MultiMaskedDense({ units: 1, maskInitialiser: 'ones' });
export const prune: (model: never, options: MaskModelOptions) => unknown = maskModel;
