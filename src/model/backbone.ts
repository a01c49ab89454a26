/** @file Runs the user's backbone on symbolic inputs and checks what it gives. */
import { didYouMean, HeadgateError, listed, show } from '../errors.js';
import type { Flow, FlowTask } from '../flow/flow.js';
import type { TaskKind } from '../tasks/kind.js';
import { tf } from '../tf.js';
import { layerName } from './layer-name.js';
import { layersBehind } from './layers.js';

export type SymbolicTensors = Readonly<Record<string, tf.SymbolicTensor>>;
export type Backbone = (inputs: SymbolicTensors) => SymbolicTensors;

export interface BuiltBackbone {
  readonly inputs: SymbolicTensors;
  /** Everything that the backbone gives, what no task reads as well. */
  readonly features: SymbolicTensors;
}

/**
 * @throws HeadgateError `INVALID_BACKBONE` when it reads an input that is not declared, gives no record of symbolic
 *   tensors, or computes a feature from inputs of its own, `UNKNOWN_FEATURE` when the flow
 *   reads a feature that it does not give, `FEATURE_SHAPE` when a feature is not `[batch, size]` (along an axis:
 *   `[batch, positions, size]`, along several `[batch, ...axes, size]`), `LAYER_NAME` when a layer bears a name that the network needs, or two bear one
 */
export function runBackbone(flow: Flow<TaskKind>, backbone: Backbone): BuiltBackbone {
  const inputs: Record<string, tf.SymbolicTensor> = Object.create(null);
  const names = new Set<string>();
  for (const [name, spec] of Object.entries(flow.graph.inputs))
    inputs[name] = tf.input({ shape: [...spec.shape], name: layerName(name, names) });
  const features = called(backbone, declared(inputs));
  checkRecord(features);
  checkFeatures(flow, features);
  // What no task reads may be anything.
  const tensors = Object.entries(features).filter(([, feature]) => feature instanceof tf.SymbolicTensor);
  const built = { inputs, features: Object.fromEntries(tensors) };
  checkInputs(flow, built);
  checkLayerNames(flow, built);
  return built;
}

/** Asked by promises and serialisers of every object. */
const ASKED_OF_ANY = new Set(['then', 'toJSON']);

/** The inputs, which say so when one is asked for that is not there: tfjs would only find that it has no rank. */
function declared(inputs: SymbolicTensors): SymbolicTensors {
  return new Proxy(inputs, {
    get: (target, name) => {
      if (typeof name !== 'string' || ASKED_OF_ANY.has(name) || Object.hasOwn(target, name)) {
        return Reflect.get(target, name);
      }
      const known = Object.keys(target);
      throw new HeadgateError({
        code: 'INVALID_BACKBONE',
        path: `backbone.${name}`,
        problem: 'it reads an input that the project does not declare',
        expected: `one of: ${listed(known)}`,
        received: show(name),
        suggestion: didYouMean(name, known),
      });
    },
  });
}

function checkInputs(flow: Flow<TaskKind>, { inputs, features }: BuiltBackbone): void {
  const own = new Set(Object.values(inputs).map((input) => input.sourceLayer));
  for (const { feature } of flow.tasks) {
    const tensor = features[feature];
    const layers = tensor === undefined ? [] : [...layersBehind(tensor)];
    const other = layers.find((layer) => layer.getClassName() === 'InputLayer' && !own.has(layer));
    if (other === undefined) continue;
    throw new HeadgateError({
      code: 'INVALID_BACKBONE',
      path: `features.${feature}`,
      problem: 'it is computed from an input of its own, which nothing fills',
      expected: `layers upon the inputs of the project: ${listed(Object.keys(inputs))}`,
      received: `the input ${show(other.name)}`,
      mend: 'A pretrained model is a layer: call it, `model.apply(frame)`, in place of reading its `output`.',
    });
  }
}

/** tfjs's own words for an operation that was given a symbolic tensor. */
const SYMBOLIC = /SymbolicTensor/;

function called(backbone: Backbone, inputs: SymbolicTensors): SymbolicTensors {
  try {
    return backbone(inputs);
  } catch (cause) {
    if (cause instanceof HeadgateError || !(cause instanceof Error) || !SYMBOLIC.test(cause.message)) throw cause;
    throw new HeadgateError(
      {
        code: 'INVALID_BACKBONE',
        path: 'backbone',
        problem: 'it calls an operation of tfjs, which needs values, on a symbolic tensor, which has none yet',
        expected: 'layers alone',
        received: cause.message,
        mend: 'Use a layer: `tf.layers.activation`, `tf.layers.add`, …, or write one with the operation in its `call`.',
      },
      { cause },
    );
  }
}

function checkRecord(features: unknown): void {
  const problem =
    features instanceof tf.SymbolicTensor || features instanceof tf.Tensor
      ? 'a tensor'
      : features instanceof Promise
        ? 'a promise'
        : Array.isArray(features)
          ? 'an array'
          : typeof features === 'object' && features !== null
            ? null
            : show(features);
  if (problem === null) return;
  if (features instanceof Promise) features.catch(() => {}); // this error says what is wrong
  throw new HeadgateError({
    code: 'INVALID_BACKBONE',
    path: 'backbone',
    problem: 'it must give an object of features by name',
    expected: '({ frame }) => ({ features: layer.apply(frame) })',
    received: problem,
    mend:
      problem === 'a promise'
        ? 'Load pretrained models before the project is declared, and make the backbone a plain function.'
        : 'Return an object, so that flows can name the features: `x.features`.',
  });
}

function checkFeatures(flow: Flow<TaskKind>, features: SymbolicTensors): void {
  const known = Object.keys(features);
  for (const task of flow.tasks) {
    const feature = Object.hasOwn(features, task.feature) ? features[task.feature] : undefined;
    if (feature === undefined) {
      throw new HeadgateError({
        code: 'UNKNOWN_FEATURE',
        path: task.path,
        problem: `the task reads the feature "${task.feature}", which the backbone does not give`,
        expected: known.length === 0 ? 'at least one feature' : `one of ${known.map((name) => `"${name}"`).join(', ')}`,
        received: `"${task.feature}"`,
        suggestion: didYouMean(task.feature, known),
        mend: 'Return the feature from `backbone`, or read another one.',
      });
    }
    if (!(feature instanceof tf.SymbolicTensor)) {
      throw new HeadgateError({
        code: 'FEATURE_SHAPE',
        path: `features.${task.feature}`,
        problem: 'the backbone must give one symbolic tensor for each feature',
        expected: 'what `layer.apply(input)` gives for one input',
        received: Array.isArray(feature) ? 'an array' : typeof feature,
        mend: 'Return the tensors themselves, not arrays of them or their values.',
      });
    }
    checkShape(task, feature.shape);
  }
}

function checkShape({ path, feature, axis, ...task }: FlowTask<TaskKind>, shape: readonly (number | null)[]): void {
  const [, ...own] = shape;
  const isAsWanted = own.length === task.shape.length + 1 && own.every((size) => typeof size === 'number');
  if (isAsWanted && task.shape.every((length, i) => own[i] === length)) return;
  throw new HeadgateError({
    code: 'FEATURE_SHAPE',
    path: `features.${feature}`,
    problem: `the head of "${path}" needs one vector ${axis === null ? 'a row' : `at each of ${task.shape.join(' × ')} positions of the axis "${axis}"`}`,
    expected: `[${['batch', ...task.shape, 'size'].join(', ')}]`,
    received: `[${shape.map((n) => n ?? 'batch').join(', ')}]`,
    mend:
      axis === null
        ? 'End the backbone with `tf.layers.flatten()` or a pooling layer.'
        : 'Give a feature that keeps the axis: dense layers, 1-D convolutions with padding "same", recurrent layers with `returnSequences`.',
  });
}

/** The layers of the network that tasks read, inputs included: tfjs wants their names to differ. */
export function layersRead(flow: Flow<TaskKind>, { features }: BuiltBackbone): Set<tf.layers.Layer> {
  const read = new Set(flow.tasks.map((task) => features[task.feature]).filter((tensor) => tensor !== undefined));
  return new Set([...read].flatMap((tensor) => [...layersBehind(tensor)]));
}

function checkLayerNames(flow: Flow<TaskKind>, built: BuiltBackbone): void {
  const owners = new Map<string, string>();
  for (const name of Object.keys(built.inputs)) owners.set(name, 'an input');
  const own = new Set(Object.values(built.inputs).map((input) => input.sourceLayer));
  for (const layer of layersRead(flow, built)) {
    if (own.has(layer)) continue;
    const other = owners.get(layer.name);
    if (other !== undefined) throw layerNameTaken(layer, other);
    owners.set(layer.name, `another layer (${layer.getClassName()})`);
  }
}

function layerNameTaken(layer: tf.layers.Layer, other: string): HeadgateError {
  return new HeadgateError({
    code: 'LAYER_NAME',
    path: `backbone/${layer.name}`,
    problem: `a layer (${layer.getClassName()}) has the name of ${other}`,
    expected: 'a name of its own for each input and layer of the network',
    received: layer.name,
    mend: 'Give the layer another `name`, or none.',
  });
}
