/** @file Following units through layers that treat each channel by itself: activations, noise, normalisation. */
import { activationName, type Call, type Follow, isElementwise, note, only, output, weightsOf } from './call.js';
import { type Channels, hasUnits } from './channels.js';

/** The tensor goes on as it is, each channel changed by itself. */
export const passed: Follow = (call) => {
  const input = only(call);
  return input && [goneOn(call, input)];
};

const goneOn = (call: Call, { ids, axis }: Channels): Channels => output(call, ids, axis);

export const activation: Follow = (call) => {
  const name = activationName(call.layer);
  const input = only(call);
  if (input && (name === 'softmax' || name === 'logSoftmax') && input.axis !== input.shape.length - 1)
    return passed(call);
  return isElementwise(name) ? passed(call) : mixed(call, `the activation ${name} mixes them`);
};

/** The channels stay where they are, but each changes when another is removed. */
function mixed(call: Call, because: string): readonly Channels[] | null {
  const input = only(call);
  if (!input) return null;
  call.book.fix(input.ids, because);
  return passed(call);
}

export const softmax: Follow = (call) => {
  const input = only(call);
  if (!input) return null;
  return normalised(call, input).includes(input.axis) ? mixed(call, 'a softmax mixes them') : passed(call);
};

/** `alpha` has one element for each element of a row, or one for all along the shared axes. */
export const prelu: Follow = (call) => {
  const input = only(call);
  if (!input) return null;
  const { alpha } = weightsOf(call.layer, 'alpha');
  const isShared = alpha.shape[input.axis - 1] !== input.ids.length;
  if (!isShared) note(call, alpha, input.axis - 1, 'makes', input.ids);
  return passed(call);
};

/** Statistics of each channel by itself, if it is channels that they are of. */
export const batchNormalisation: Follow = (call) => {
  const input = only(call);
  if (!input) return null;
  const [axis] = normalised(call, input);
  if (axis !== input.axis) return hasUnits(input) ? null : passed(call);
  const { moving_mean: mean, ...rest } = weightsOf(call.layer, 'moving_mean', 'moving_variance', 'gamma', 'beta');
  for (const variable of [mean, ...Object.values(rest)]) note(call, variable, 0, 'makes', input.ids);
  return passed(call);
};

/** Statistics over the normalised axes: of channels, if they are among them. */
export const layerNormalisation: Follow = (call) => {
  const input = only(call);
  if (!input) return null;
  const position = normalised(call, input).indexOf(input.axis);
  if (position < 0) return passed(call);
  for (const variable of call.layer.weights) note(call, variable, position, 'makes', input.ids);
  return mixed(call, 'a layer normalisation takes its mean and variance over them');
};

/** The axes in the configuration of a layer, counted from the batch axis; the last if it names none. */
function normalised({ layer }: Call, { shape }: Channels): readonly number[] {
  const axes: unknown = layer.getConfig().axis ?? -1;
  return [axes].flat().map((axis) => (Number(axis) < 0 ? shape.length + Number(axis) : Number(axis)));
}

/** What a mask says of a position depends on all of its channels. */
export const masking: Follow = (call) => mixed(call, 'a masking layer compares all of them with its value');
