/** @file Does a saved model fit what the program declares? The first difference, if not. */
import { columnReaders } from '../data/columns/readers.js';
import { type ErrorFacts, HeadgateError, show } from '../errors.js';
import type { FlowGraph } from '../flow/graph.js';
import type { Fingerprint, LayerPrint } from '../model/fingerprint.js';
import { wholePrefix } from '../model/pathways/bound.js';
import { note } from '../notes.js';
import type { Learnt } from '../tasks/filled.js';
import { type Difference, differenceOf, firstOf, keysDifference } from './differences.js';
import { withPresentNames } from './earlier.js';
import { flowDifference, kindsDifference, trainingDifferences } from './match-flow.js';
import { ownParameters, pathwaysDifference, type Sized, wholeParameters, withWholeAverages } from './match-pathways.js';
import type { DeclaredModel, LoadedModel, SavedModel } from './model-folder.js';

/**
 * The model as this program's: 0.1.0's names are today's. What the network and its answers rest on must agree; what
 * only training or tuning reads becomes a note.
 *
 * @throws HeadgateError `FLOW_MISMATCH`, `INVALID_FLOW`, `BACKBONE_MISMATCH`, `PATHWAYS_MISMATCH`, `WEIGHTS_MISMATCH`,
 *   `THRESHOLDS_MISMATCH`
 */
export function fitted(saved: LoadedModel, declared: DeclaredModel): LoadedModel {
  refuse('FLOW_MISMATCH', flowDifference(saved.graph, declared.flow));
  requireColumnStates(saved.learnt, declared.flow.graph.inputs);
  const model = withPresentNames(saved, declared);
  if (model.backbone !== null) refuse('BACKBONE_MISMATCH', backboneDifference(model.backbone, declared.backbone));
  const { pathways } = model;
  if (pathways !== null) refuse('PATHWAYS_MISMATCH', pathwaysDifference(pathways, declared));
  const whole = wholeParameters(pathways, declared);
  const parameters = [...declared.parameters, ...ownParameters(pathways, declared), ...whole];
  const weights = withWholeAverages(model.weights, whole);
  refuse('WEIGHTS_MISMATCH', weightsDifference(weights, parameters));
  refuse('THRESHOLDS_MISMATCH', thresholdsDifference(model.thresholds, declared.thresholds));
  const notes = [...model.notes, ...trainingDifferences(model.graph, declared.flow)];
  if (model.backbone === null) {
    const text =
      'The folder does not say which layers it was made with: only the shapes of their weights were compared.';
    notes.push(note('UNKNOWN_LAYERS', 'backbone', text));
  }
  return { ...model, weights, notes };
}

/**
 * Some tasks of another model, for a program that has them too: backbone, pathways, and the shapes of what is taken over.
 *
 * @param tasks paths of the tasks that both have
 * @throws HeadgateError `BACKBONE_MISMATCH`, `PATHWAYS_MISMATCH`, `WEIGHTS_MISMATCH`
 */
export function requireAdoptable(
  { pathways, backbone, weights }: Pick<LoadedModel, 'pathways' | 'backbone' | 'weights'>,
  declared: DeclaredModel,
  tasks: ReadonlySet<string>,
): void {
  if (backbone !== null) refuse('BACKBONE_MISMATCH', backboneDifference(backbone, declared.backbone));
  if (pathways !== null) refuse('PATHWAYS_MISMATCH', pathwaysDifference(pathways, declared));
  const isTaken = (name: string): boolean =>
    name.startsWith('head/')
      ? [...tasks].some((path) => name.startsWith(`head/${path}/`))
      : !name.startsWith(wholePrefix);
  const parameters = [...declared.parameters, ...ownParameters(pathways, declared)].filter(({ name }) => isTaken(name));
  const theirs = Object.fromEntries(Object.entries(weights).filter(([name]) => isTaken(name)));
  refuse('WEIGHTS_MISMATCH', weightsDifference(theirs, parameters));
}

/**
 * What inputs have learnt elsewhere must be what these kinds of columns learn: only the program knows the kinds.
 *
 * @throws HeadgateError `INVALID_FLOW`, and with `theirs` `FLOW_MISMATCH` for columns of other kinds
 */
export function requireColumnStates({ inputs }: Learnt, ours: FlowGraph['inputs'], theirs = ours): void {
  refuse('FLOW_MISMATCH', kindsDifference(theirs, ours));
  for (const [name, spec] of Object.entries(ours)) {
    const encoder = inputs.get(name) ?? null;
    if (spec.columnKinds !== undefined && encoder !== null) columnReaders(name, { ...spec, encoder });
  }
}

/** The first use of a layer that is not the same; after it, a feature that another layer gives. */
export function backboneDifference(saved: Fingerprint, declared: Fingerprint): Difference | null {
  return (
    usesDifference(saved.uses, declared.uses, '') ??
    firstOf(Object.keys(declared.features), (name) => {
      const problem = 'The saved model made this feature by another layer.';
      const [expected, received] = [declared.features[name], saved.features[name]];
      return differenceOf(`backbone/${name}`, problem, expected, received);
    })
  );
}

function usesDifference(
  saved: readonly LayerPrint[],
  declared: readonly LayerPrint[],
  inside: string,
): Difference | null {
  const found = firstOf(declared, (use, i) => {
    const other = saved[i];
    if (other === undefined) {
      const problem = `The saved model has no such layer${inside}.`;
      return { path: `backbone/${use.path}`, problem, expected: use.class, received: 'no layer' };
    }
    return useDifference(other, use);
  });
  const more = saved[declared.length];
  if (found !== null || more === undefined) return found;
  const problem = `The saved model has this layer${inside}, the program has not.`;
  return { path: `backbone/${more.path}`, problem, expected: 'no layer', received: more.class };
}

function useDifference(saved: LayerPrint, declared: LayerPrint): Difference | null {
  const path = `backbone/${declared.path}`;
  return (
    differenceOf(path, 'The saved model has another layer here.', declared.class, saved.class) ??
    configDifference(path, saved.config, declared.config) ??
    usesDifference(saved.inner, declared.inner, ' inside') ??
    differenceOf(path, 'The layer reads another layer than in the saved model.', declared.reads, saved.reads) ??
    differenceOf(path, 'The layer has other parameters in the saved model.', declared.parameters, saved.parameters)
  );
}

function configDifference(
  path: string,
  saved: LayerPrint['config'],
  declared: LayerPrint['config'],
): Difference | null {
  const [theirs, ours] = [new Map(Object.entries(saved ?? {})), new Map(Object.entries(declared ?? {}))];
  return firstOf([...new Set([...ours.keys(), ...theirs.keys()])], (key) =>
    differenceOf(
      `${path}.${key}`,
      'The layer has another setting in the saved model.',
      ours.get(key) ?? null,
      theirs.get(key) ?? null,
    ),
  );
}

function weightsDifference(saved: SavedModel['weights'], declared: readonly Sized[]): Difference | null {
  const ours = declared.map(({ name }) => name).sort();
  return (
    keysDifference('', 'weight', Object.keys(saved).sort(), ours) ??
    firstOf(declared, ({ name, shape, dtype }) => {
      const value = saved[name];
      const received = `${value?.dtype} [${value?.shape.join(', ')}]`;
      return differenceOf(name, 'The shape or type of the weight differs.', `${dtype} [${shape.join(', ')}]`, received);
    })
  );
}

function thresholdsDifference(
  saved: SavedModel['thresholds'],
  declared: DeclaredModel['thresholds'],
): Difference | null {
  return (
    keysDifference('', 'task with thresholds', [...saved.keys()].sort(), [...declared.keys()].sort()) ??
    firstOf([...declared], ([path, thresholds]) =>
      differenceOf(path, 'The number of thresholds differs.', thresholds.length, saved.get(path)?.length),
    )
  );
}

function refuse(code: Refusal, difference: Difference | null): void {
  if (!difference) return;
  const facts: ErrorFacts = {
    code,
    path: difference.path,
    problem: difference.problem,
    expected: show(difference.expected),
    received: show(difference.received),
    mend: 'Load it with the project that saved it, or train and save this one.',
  };
  throw new HeadgateError(facts);
}

type Refusal = 'PATHWAYS_MISMATCH' | 'FLOW_MISMATCH' | 'BACKBONE_MISMATCH' | 'WEIGHTS_MISMATCH' | 'THRESHOLDS_MISMATCH';
