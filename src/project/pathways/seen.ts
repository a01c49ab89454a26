/** @file What of a parameter a pathway's tasks see and train. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import { unitReads } from '../../model/pathways/unit-masks.js';
import type { Parameter } from '../../model/store.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { Model } from '../model.js';

/** 1 for each element of a parameter that the pathway's tasks see; null where they see all of it. @throws HeadgateError `UNKNOWN_PARAMETER` */
export function seen(
  { network }: Pick<Model, 'network'>,
  { reads, units, copies, tasks }: Pathway,
  parameter: string,
): Uint8Array | null {
  const { lies, owners, shape } = required(network.store.parameters, parameter);
  const tensor = network.held.find((one) => one.name === lies.tensor);
  const isOthers = !owners.some((owner) => tasks.includes(owner)) || copies.includes(parameter);
  if (isOthers) return new Uint8Array(shape.reduce((product, length) => product * length, 1));
  if (tensor === undefined || tensor.part === 'head') return null;
  return reads.get(parameter) ?? (units === null ? null : (unitReads(tensor, units, network.units()) ?? null));
}

/** 1 for each element that the pathway's tasks train; null where they train all of it. */
export function trainedBy(model: Model, pathway: Pathway, parameter: string): Uint8Array | null {
  return pathway.trains.get(parameter) ?? seen(model, pathway, parameter);
}

function required(parameters: readonly Parameter[], name: string): Parameter {
  const parameter = parameters.find((one) => one.name === name);
  if (parameter !== undefined) return parameter;
  const known = parameters.map((one) => one.name);
  throw new HeadgateError({
    code: 'UNKNOWN_PARAMETER',
    path: name,
    problem: 'the network has no such parameter',
    expected: `one of ${listed(known)}`,
    received: show(name),
    suggestion: didYouMean(name, known),
  });
}
