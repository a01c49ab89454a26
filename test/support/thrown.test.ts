import { expect, test } from 'vitest';

const nothing = () => {
  throw undefined;
};

test('undefined is no error, whatever is asked of it', async () => {
  for (const asked of ['', 'a message', /a message/, undefined]) {
    expect(() => expect(nothing).toThrow(asked as string)).toThrow(/undefined was thrown|a message/);
    await expect(expect(Promise.reject(undefined)).rejects.toThrow(asked as string)).rejects.toThrow();
  }
});
