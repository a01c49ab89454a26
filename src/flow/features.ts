/** @file What a flow function sees of the backbone: its features, by name. */
import { didYouMean, HeadgateError, listed, show } from '../errors.js';
import { memberWords } from './member.js';

const FEATURE: unique symbol = Symbol('headgate.feature');
const WHOLE: unique symbol = Symbol('headgate.features');

/** A backbone feature, passed to a task so that its head reads it. */
export interface FeatureRef {
  readonly [FEATURE]: string;
}

/** All features of the backbone, by name. */
export type Features<Name extends string> = { readonly [N in Name]: FeatureRef };

/** What a nested flow is given: all features, or some under the names that the nested flow uses. */
export type FeatureArgument<Name extends string> = { readonly [N in Name]?: FeatureRef };

/** The `x` of a flow function. Feature names are checked when the network is built, since only then they are known. */
export function featureNames(): Features<string> {
  const known = new Map<string, FeatureRef>();
  return new Proxy(Object.create(null), {
    get: (_, name) => {
      if (name === WHOLE) return true;
      if (typeof name === 'symbol') return undefined;
      const ref = known.get(name) ?? Object.freeze({ [FEATURE]: name });
      known.set(name, ref);
      return ref;
    },
    set: () => false,
  });
}

/**
 * @param flow whose function calls the task
 * @throws HeadgateError `NOT_A_FEATURE`
 */
export function featureOf(argument: unknown, task: string, flow: string): string {
  const path = `${flow}.${task}`;
  if (typeof argument === 'object' && argument !== null) {
    if (Reflect.get(argument, WHOLE) === true) {
      throw notAFeature(path, 'all features', `Say which one the head reads: task.${task}(x.features).`);
    }
    const name: unknown = Reflect.get(argument, FEATURE);
    if (typeof name === 'string') return name;
  }
  throw notAFeature(path, wordsFor(argument), `Pass a feature of the backbone: task.${task}(x.features).`);
}

/**
 * Feature names as the nested flow calls them -> as the caller calls them; null when they are the same.
 *
 * @param flow whose function calls the nested flow
 * @throws HeadgateError `NOT_A_FEATURE`
 */
export function featureMapOf(argument: unknown, nested: string, flow: string): ReadonlyMap<string, string> | null {
  if (typeof argument !== 'object' || argument === null || Reflect.get(argument, FEATURE) !== undefined) {
    throw notAFeature(
      `${flow}.${nested}`,
      wordsFor(argument),
      `A flow reads features by name: task.${nested}(x), or task.${nested}({ features: x.face }).`,
    );
  }
  if (Reflect.get(argument, WHOLE) === true) return null;
  return new Map(Object.entries(argument).map(([name, ref]) => [name, featureOf(ref, nested, flow)]));
}

/**
 * The caller's name of a nested flow's feature.
 *
 * @throws HeadgateError `UNKNOWN_FEATURE`
 */
export function renamed(map: ReadonlyMap<string, string> | null, feature: string, flow: string): string {
  if (map === null) return feature;
  const name = map.get(feature);
  if (name !== undefined) return name;
  throw new HeadgateError({
    code: 'UNKNOWN_FEATURE',
    path: flow,
    problem: `the nested flow reads the feature "${feature}", which it was not given`,
    expected: `one of ${listed(map.keys())}`,
    received: feature,
    suggestion: didYouMean(feature, map.keys()),
    mend: `Pass it: task.${flow}({ ${feature}: … }).`,
  });
}

/** `the feature "face"`, `all features`; undefined for anything else. */
export function featureWords(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Reflect.get(value, WHOLE) === true) return 'all features';
  const name: unknown = Reflect.get(value, FEATURE);
  return typeof name === 'string' ? `the feature "${name}"` : undefined;
}

const wordsFor = (argument: unknown): string => memberWords(argument) ?? featureWords(argument) ?? show(argument);

function notAFeature(path: string, received: string, mend: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_A_FEATURE',
    path,
    problem: 'it was not given a feature of the backbone',
    expected: "a property of the flow function's second argument, such as x.features",
    received,
    mend,
  });
}
