/**
 * @file Who decodes beside others, and who alone. The decoder has one place for its last error in the whole process: while
 * others work, what stands there can be another image's, or nothing.
 */

/** Resolved where nobody is, or wants to be, alone. */
let free: Promise<void> = Promise.resolve();
const running = new Set<Promise<unknown>>();

/** Works at the same time as others do, unless one of them is alone. */
export async function beside<T>(work: () => Promise<T>): Promise<T> {
  for (let seen: Promise<void> | null = null; seen !== free; ) {
    seen = free;
    await seen;
  }
  const own = work();
  running.add(own);
  try {
    return await own;
  } finally {
    running.delete(own);
  }
}

/** Works when nobody else does. Not from within `beside`, which would wait for itself. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  const before = free;
  let leave = (): void => {};
  free = new Promise((resolve) => {
    leave = resolve;
  });
  await before;
  await Promise.allSettled(running);
  try {
    return await work();
  } finally {
    leave();
  }
}
