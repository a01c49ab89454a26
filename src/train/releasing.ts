/** @file Giving back what was taken, whatever happens in between. */

/**
 * Runs `f`, then what it deferred, the last first. An error in one release does not skip the others, and the first error
 * is the one that is thrown.
 */
export async function releasing<T>(f: (defer: (release: () => unknown) => void) => Promise<T>): Promise<T> {
  const releases: (() => unknown)[] = [];
  const errors: unknown[] = [];
  let result: { readonly value: T } | null = null;
  try {
    result = { value: await f((release) => releases.push(release)) };
  } catch (error) {
    errors.push(error);
  }
  for (const release of releases.reverse()) {
    try {
      await release();
    } catch (error) {
      errors.push(error);
    }
  }
  if (result === null || errors.length > 0) throw errors[0];
  return result.value;
}
