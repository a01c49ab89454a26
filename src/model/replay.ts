/** @file The same layers once more, on other inputs. */
import type { tf } from '../tf.js';
import { nodeOf } from './layers.js';

type Symbol = tf.SymbolicTensor;

/**
 * What the layers behind these tensors make of other inputs. They are the same layers, with the same weights.
 *
 * @param given what takes the place of tensors on the way
 */
export function replay(wanted: readonly Symbol[], given: ReadonlyMap<Symbol, Symbol>): readonly Symbol[] {
  const known = new Map(given);
  const madeOf = (symbol: Symbol): Symbol => {
    const found = known.get(symbol);
    if (found !== undefined) return found;
    const node = nodeOf(symbol);
    const inputs = node.inputTensors.map(madeOf);
    const outputs = [symbol.sourceLayer.apply(inputs.length === 1 ? (inputs[0] as Symbol) : inputs)].flat() as Symbol[]; // symbols in, symbols out
    for (const [i, output] of node.outputTensors.entries()) known.set(output, outputs[i] as Symbol); // one each
    return known.get(symbol) as Symbol; // it is one of them
  };
  return wanted.map(madeOf);
}
