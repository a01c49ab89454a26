/** @file The scores by which pathways choose: one a weight, by the method that was asked for. */
import type { HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import type { HeldTensor } from '../../model/tensors.js';
import { factored, type InputMeans } from '../score/by-inputs.js';
import { gradientMagnitude, magnitude, movement, randomScores, taylor, type Weights } from '../score/criteria.js';
import type { Gradients } from './evidence.js';
import type { Settings } from './settings.js';

/** What decides what a pathway keeps of a kernel. */
export interface ScoreFacts {
  readonly weights: HostTensors;
  /** The weights as they were drawn, for `movement`. */
  readonly drawn: HostTensors | null;
  /** By new pathway, where the method asks for them. */
  readonly gradients: ReadonlyMap<string, Gradients> | null;
  /** By kernel, mean |x| of what its layer reads, where the method asks for it. */
  readonly inputs: ReadonlyMap<string, InputMeans> | null;
  readonly settings: Settings;
}

/** One score an element; the largest are kept. @throws HeadgateError `INVALID_SCORE` for one that is no finite number */
export function scoresOf(tensor: HeldTensor, pathway: string, facts: ScoreFacts): Float64Array {
  const scores = measured(tensor, pathway, facts);
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  if (wrong < 0) return scores;
  throw new HeadgateError({
    code: 'INVALID_SCORE',
    path: `pathways.${pathway}.${tensor.name}[${wrong}]`,
    problem: `the ${facts.settings.method} of this weight is no number that could be compared`,
    expected: 'a finite number',
    received: String(scores[wrong]),
    mend: 'Look for extreme inputs and labels in the training rows, or scale them.',
  });
}

function measured(tensor: HeldTensor, pathway: string, facts: ScoreFacts): Float64Array {
  const { method, seed } = facts.settings;
  const { name, shape } = tensor;
  const weights = weightsIn(facts.weights, tensor);
  const gradients = (): Gradients => {
    const own = facts.gradients?.get(pathway);
    if (own === undefined) throw new Error(`no gradients of the pathway ${pathway}`);
    return own;
  };
  switch (method) {
    case 'gradient':
      return gradientMagnitude(found(gradients().mean, name));
    case 'gradientWeight':
      return taylor(weights, found(gradients().mean, name));
    case 'fisher':
      return found(gradients().meanSquare, name);
    case 'magnitude':
      return magnitude(weights);
    case 'activation':
      return factored(weights, facts.inputs?.get(name) ?? null);
    case 'movement':
      return movement(weights, weightsIn(facts.drawn ?? {}, tensor).data);
    case 'random':
      return randomScores(shape, seed + hashOf(`${pathway}/${name}`));
  }
}

function weightsIn(values: HostTensors, { name, shape }: HeldTensor): Weights {
  const data = values[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`there are no weights ${name}`);
  return { shape, data };
}

function found<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`nothing is known of ${name}`);
  return value;
}

/** A seed of its own for each pathway and kernel (FNV-1a). */
function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return hash;
}
