/**
 * @file What the layers of a backbone are called: by the name that the user gave, else by class and number among the
 * unnamed layers of that class, so that a layer put between two others renames neither.
 */
import type { tf } from '../tf.js';
import { childrenOf, isContainer, layersInOrder } from './layers.js';

type Layer = tf.layers.Layer;

/**
 * Paths such as `stem`, `dense.2` or `encoder/forward`, for the layers that compute these tensors and all layers within
 * them. Numbers follow the order in which a walk from the tensors back to the inputs leaves the layers. A layer that
 * stands in several places is called after the outermost, the first of equals.
 */
export function layerPaths(outputs: readonly tf.SymbolicTensor[]): ReadonlyMap<Layer, string> {
  const paths = new Map<Layer, string>();
  let level = named(layersInOrder(outputs), '');
  while (level.length > 0) {
    const next: [Layer, string][] = [];
    for (const [layer, path] of level) {
      if (paths.has(layer)) continue;
      paths.set(layer, path);
      next.push(...within(layer, path));
    }
    level = next;
  }
  return paths;
}

function within(layer: Layer, path: string): [Layer, string][] {
  const children = childrenOf(layer);
  if (isContainer(layer)) {
    return named([...new Set([...layersInOrder(layer.outputs), ...children.map((child) => child.layer)])], path);
  }
  return children.map(({ layer: child, part }) => [child, joined(path, part ?? givenName(child))]);
}

function named(siblings: readonly Layer[], prefix: string): [Layer, string][] {
  const numbers = new Map<string, number>();
  return siblings.map((layer) => {
    const given = givenName(layer);
    if (given !== null) return [layer, joined(prefix, given)];
    const kind = snakeCase(layer.getClassName());
    const number = (numbers.get(kind) ?? 0) + 1;
    numbers.set(kind, number);
    return [layer, joined(prefix, `${kind}.${number}`)];
  });
}

/** A wrapper's unnamed only child adds nothing to the path. */
const joined = (path: string, part: string | null): string => [path, part].filter(Boolean).join('/');

/**
 * Null for the names that tfjs makes when the user gives none. They end in the name of the class and a number that
 * counts all layers of the process (`dense_Dense3`); those of models are a word and such a number (`sequential_1`, `model2`).
 */
export function givenName(layer: Layer): string | null {
  const { name } = layer;
  const className = layer.getClassName();
  const number = /\d+$/.exec(name)?.[0];
  if (number === undefined) return name;
  const stem = name.slice(0, -number.length);
  const isAutomatic =
    stem.endsWith(`_${className}`) ||
    (isContainer(layer) && (stem === className.toLowerCase() || stem === `${className.toLowerCase()}_`));
  return isAutomatic ? null : name;
}

/** `Conv2DTranspose` -> `conv2d_transpose`. */
export function snakeCase(className: string): string {
  return className
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
