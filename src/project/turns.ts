/** @file Taking turns: what is asked for while something runs waits for it. */

/** Runs one after another, in the order in which they were asked for; a failure is its caller's alone. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(run: () => Promise<T>): Promise<T> {
    const own = this.last.then(run);
    this.last = own.catch(() => {});
    return own;
  }
}
