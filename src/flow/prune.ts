/** @file A flow with some of its tasks alone. */
import type { FlowTemplate } from './handles.js';

/**
 * @param isWanted of a path
 * @param featureOf the feature that the task at a path reads now
 */
export function prunedTemplate(
  template: FlowTemplate,
  isWanted: (path: string) => boolean,
  featureOf: (path: string) => string,
  prefix = '',
): FlowTemplate {
  const members = template.members.flatMap((member): FlowTemplate['members'] => {
    const path = prefix + member.name;
    const { pathway: _, ...own } = member;
    if (own.type === 'task') return isWanted(path) ? [Object.freeze({ ...own, feature: featureOf(path) })] : [];
    const inner = prunedTemplate(own.template, isWanted, featureOf, `${path}.`);
    return inner.members.length === 0 ? [] : [Object.freeze({ ...own, template: inner, features: null })];
  });
  const { name, extent } = template;
  return Object.freeze({ name, extent, members: Object.freeze(members) });
}
