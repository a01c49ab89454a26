/** @file Patterns of names. */
import type { NamePattern } from './optimizers/optimizer.js';

/** Whether any of the patterns means a name. */
export function anyOf(patterns: NamePattern | readonly NamePattern[], separator: '/' | '.'): (name: string) => boolean {
  const tests = (Array.isArray(patterns) ? patterns : [patterns]).map((pattern: NamePattern) => {
    if (typeof pattern === 'function') return pattern;
    const expression = typeof pattern === 'string' ? expressionOf(pattern, separator) : pattern;
    // `search` knows no `lastIndex`, which a global expression would carry from name to name.
    return (name: string) => name.search(expression) >= 0;
  });
  return (name) => tests.some((test) => test(name));
}

/**
 * `*` stands for anything within a part of a name, `**` for anything at all. A pattern that ends where a part ends
 * means everything below, as a folder does.
 */
function expressionOf(pattern: string, separator: '/' | '.'): RegExp {
  const text = pattern
    .split(/(\*\*|\*)/)
    .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&')))
    .join('');
  return new RegExp(`^${text}($|\\${separator})`, 's');
}
