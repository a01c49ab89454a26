/** @file Names for layers that Headgate makes: users' names are of any script, tfjs's are not, and one model has each once. */

/** What tfjs allows: it refuses the name of a tensor that does not match. */
const ALLOWED = /[A-Za-z0-9./_-]/u;

/**
 * The name as it is, where tfjs allows it and no other layer has it. Other letters become their code points (`größe` ->
 * `gr.uf6..udf.e`), what does not begin with a letter or digit gets an `x` before it, and a name that is taken an underscore at its end.
 *
 * @param taken names that layers of the model have already; the new one is added
 */
export function layerName(name: string, taken: Set<string>): string {
  const spelt = [...name].map((letter) =>
    ALLOWED.test(letter) ? letter : `.u${(letter.codePointAt(0) ?? 0).toString(16)}.`,
  );
  const start = /^[A-Za-z0-9]/.test(name) ? '' : 'x';
  let free = start + spelt.join('');
  while (taken.has(free)) free += '_';
  taken.add(free);
  return free;
}
