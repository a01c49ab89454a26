/** @file The passes, in the order in which they help each other. */
import type { Graph } from '../graph.js';
import { dropExpansions } from './broadcasts.js';
import { joinChains } from './chains.js';
import { shareSubexpressions } from './common-subexpressions.js';
import { foldConstants } from './constants.js';
import { removeDeadNodes } from './dead-nodes.js';
import { fuseBias } from './gemm-bias.js';
import { removeIdentities } from './identities.js';
import { sinkTransposes } from './layout.js';
import { maskPooledGradients } from './pool-masks.js';
import { sharePoolMaxima } from './pool-maxima.js';
import { matchRanks } from './ranks.js';
import { simplifyReluMasks } from './relu-masks.js';

export type Pass = (graph: Graph) => Graph;

const PASSES: readonly Pass[] = [
  removeDeadNodes,
  simplifyReluMasks,
  foldConstants,
  dropExpansions,
  removeIdentities,
  joinChains,
  shareSubexpressions,
  sinkTransposes,
  removeDeadNodes,
  removeIdentities,
  joinChains,
  sharePoolMaxima,
  shareSubexpressions,
  maskPooledGradients,
  fuseBias,
  matchRanks,
  removeDeadNodes,
];

export function optimise(graph: Graph): Graph {
  return PASSES.reduce((current, pass) => pass(current), graph);
}
