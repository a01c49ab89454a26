import { expect, test } from 'vitest';
import { modulesOf } from '../../scripts/docs.js';

const page = `# Title
<!-- preamble
declare const a: number;
-->
\`\`\`ts
const b = a;
\`\`\`
prose
\`\`\`sh
npm test
\`\`\`
\`\`\`ts
const c = a;
\`\`\``;

test('each block is a module of its own, on its own lines, behind the preamble above it', () => {
  const blank = (n: number) => '\n'.repeat(n);
  expect(modulesOf(page)).toEqual([
    `${blank(2)}declare const a: number;${blank(3)}const b = a;${blank(8)}\nexport {};\n`,
    `${blank(2)}declare const a: number;${blank(10)}const c = a;${blank(1)}\nexport {};\n`,
  ]);
});

test('a block that is not closed is an error', () => {
  expect(() => modulesOf('```ts\nconst a = 1;')).toThrow('a block is not closed');
});
