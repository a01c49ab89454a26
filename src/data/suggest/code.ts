/** @file TypeScript of a suggestion: literals and names. */

/** A value as TypeScript. */
export function literal(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).flatMap(([name, own]) =>
      own === undefined ? [] : [`${key(name)}: ${literal(own)}`],
    );
    return `{ ${fields.join(', ')} }`;
  }
  return String(value);
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** The name of a property. */
export const key = (name: string): string =>
  IDENTIFIER.test(name) && name !== '__proto__' ? name : `[${literal(name)}]`;

/** A property of an object. */
export const member = (object: string, name: string): string =>
  IDENTIFIER.test(name) ? `${object}.${name}` : `${object}[${literal(name)}]`;

/** A call with options. */
export const call = (name: string, options?: Readonly<Record<string, unknown>>): string =>
  options === undefined ? `${name}()` : `${name}(${literal(options)})`;
