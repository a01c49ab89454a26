/** @file Which operators work element by element with broadcasting: what passes may move past them. */
import type { Node } from '../graph.js';

const OPERATORS: ReadonlySet<string> = new Set([
  ...['Abs', 'Add', 'And', 'Cast', 'Ceil', 'Clip', 'Cos', 'Div', 'Elu', 'Equal', 'Erf', 'Exp', 'Floor', 'Greater'],
  ...['GreaterOrEqual', 'IsInf', 'IsNaN', 'LeakyRelu', 'Less', 'LessOrEqual', 'Log', 'Max', 'Min', 'Mul', 'Neg'],
  ...['Not', 'Or', 'Pow', 'Reciprocal', 'Relu', 'Round', 'Selu', 'Sigmoid', 'Sign', 'Sin', 'Softplus', 'Sqrt', 'Sub'],
  ...['Sum', 'Tan', 'Tanh', 'Where', 'Xor'],
]);

export function isElementwise({ op }: Node): boolean {
  return OPERATORS.has(op);
}
