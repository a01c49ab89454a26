/**
 * @file Before every test file: what throws undefined throws no error. `toThrow('a message')` alone passes for it, and an
 * error that is never made would go unnoticed.
 */
import { chai } from 'vitest';

chai.use(({ Assertion }, { flag, overwriteMethod }) => {
  for (const name of ['toThrow', 'toThrowError']) {
    overwriteMethod(Assertion.prototype, name, (check: (...given: unknown[]) => unknown) => {
      return function (this: Chai.AssertionStatic, ...given: unknown[]) {
        const own: unknown = flag(this, 'object');
        let isNothing = flag(this, 'promise') === 'rejects' && own === undefined;
        if (typeof own === 'function') {
          flag(this, 'object', () => {
            try {
              return own();
            } catch (thrown) {
              isNothing = thrown === undefined;
              throw thrown;
            }
          });
        }
        const result = check.apply(this, given);
        if (isNothing) throw new Error('undefined was thrown, which is no error');
        return result;
      };
    });
  }
});
