/**
 * @file `headgate/predict`: from a saved flow and the logits of its tasks to decisions. No module of Node is behind it,
 * so that a browser can import it.
 */
export { type ErrorFacts, HeadgateError } from '../errors.js';
export {
  type Logits,
  type SavedDecisions,
  type SavedDecisionsOptions,
  savedDecisions,
} from '../evaluate/saved-decisions.js';
export type { FlowGraph } from '../flow/graph.js';
export { parseFlowGraph } from '../flow/schema.js';
export { type KindReader, kindFromOptions } from '../tasks/registry.js';
