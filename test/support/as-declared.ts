/** @file Options under which a fit takes nothing from the labels: for tests that compute its numbers by hand. */

/** Heads begin at 0, and losses are nats and squared deviations. */
export const asDeclared = { heads: 'drawn', lossUnits: 'plain' } as const;
