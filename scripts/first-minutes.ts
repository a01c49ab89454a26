/**
 * @file Follows `docs/installation.md` literally: writes its files, runs its commands, in an empty folder. The one thing
 * changed is where the package comes from: `npm run check:package` gives the path of the tarball.
 *
 * Usage: tsx scripts/first-minutes.ts FOLDER TARBALL
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Block {
  readonly language: string;
  readonly text: string;
  /** The last file that the page named in backquotes before the block. */
  readonly file: string | undefined;
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let from = 0;
  for (const match of page.matchAll(/```(\w+)\n([\s\S]*?)```/g)) {
    const before = page.slice(from, match.index);
    const [, file] = [...before.matchAll(/`([\w.-]+\.(?:ts|json))`:\n/g)].at(-1) ?? [];
    blocks.push({ language: match[1] ?? '', text: match[2] ?? '', file });
    from = match.index + match[0].length;
  }
  return blocks;
}

const [folder, tarball] = process.argv.slice(2);
if (folder === undefined || tarball === undefined) throw new Error('usage: first-minutes.ts FOLDER TARBALL');
const blocks = blocksOf(readFileSync('docs/installation.md', 'utf8'));
const files = blocks.filter(({ file, language }) => file !== undefined && ['ts', 'json'].includes(language));
const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
const image = blocks.find(({ language }) => language === 'dockerfile')?.text ?? '';
const inImage = [...image.matchAll(/^RUN (.+)$/gm)].map(([, command]) => command);
if (files.length !== 2 || commands.length !== 3 || inImage.length !== 1) {
  throw new Error(`the page has ${files.length} files, ${commands.length} commands, ${inImage.length} RUN lines`);
}

mkdirSync(path.join(folder, 'shop'), { recursive: true });
for (const { file = '', text } of files) writeFileSync(path.join(folder, 'shop', file), text);
const script = [
  'set -euo pipefail',
  // `mkdir shop` of the page: the folder is there already, with the page's files.
  ...commands.map((text) => text.replace('mkdir shop', 'true').replace('install headgate', `install ${tarball}`)),
  // What the Dockerfile does, in an empty folder.
  'mkdir ../image && cp package.json package-lock.json ../image && cd ../image',
  ...inImage,
  'cp ../shop/first.js . && node first.js',
].join('\n');
const run = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
if (run.status !== 0) {
  console.error(run.stdout, run.stderr);
  throw new Error(`the page's commands ended with ${run.status}`);
}
const tables = run.stdout.split('buys').length - 1;
if (tables < 3) throw new Error(`an evaluation was printed too seldom:\n${run.stdout}`);
console.log('docs/installation.md holds: installed, compiled, bundled and trained as it says.');
