/** @file The passes, in the order in which they help each other. */
import type { Graph } from '../graph.js';
import { removeDeadNodes } from './dead-nodes.js';

export function optimise(graph: Graph): Graph {
  return removeDeadNodes(graph);
}
