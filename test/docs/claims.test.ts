import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { order } from '../../scripts/house.js';
import { contentFiles, manifestFile } from '../../src/deploy/model-folder.js';
import {
  binary,
  boundedRegression,
  classification,
  maskedLanguageModel,
  multilabel,
  regression,
  type TaskKind,
} from '../../src/index.js';
import { wordTokenizer } from '../support/word-tokenizer.js';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(root, 'docs')).map((f) => `docs/${f}`),
];

/** The cells of the first column of the tables below a heading, and of the second. */
function rowsBelow(page: string, heading: string): readonly (readonly [string, string])[] {
  const below = page.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  if (below === undefined) throw new Error(`there is no heading ${heading}`);
  const lines = below.split('\n').filter((line) => line.startsWith('| '));
  return lines.map((line) => {
    const [, first = '', second = ''] = line.split(/(?<!\\)\|/);
    return [first, second] as const;
  });
}

const codes = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');

test('docs/house.md lists every room of src/ in the order of the lint rule', () => {
  const listed = rowsBelow(read('docs/house.md'), 'The house')
    .flatMap(([rooms]) => codes(rooms))
    .map((room) => room.replace(/^src\//, '').replace(/(\/|\.ts)$/, ''));
  const rooms = readdirSync(path.join(root, 'src')).map((name) => name.replace(/\.ts$/, ''));
  expect([...new Set(rooms)].filter((room) => !order.includes(room))).toEqual([]);
  expect([...new Set(listed)]).toEqual(order.filter((room) => rooms.includes(room)));
});

test('every file and heading that a page links to is there', () => {
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      if (!existsSync(path.join(root, linked))) return [`${page}: ${target}`];
      if (anchor === undefined) return [];
      const anchors = [...read(linked).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));
      return anchors.includes(anchor) ? [] : [`${page}: ${target}`];
    }),
  );
  expect(broken).toEqual([]);
});

test('every page of docs/ is linked from the README', () => {
  const linked = [...read('README.md').matchAll(/\(docs\/([^)]+)\)/g)].map((match) => match[1]);
  expect(readdirSync(path.join(root, 'docs')).filter((page) => !linked.includes(page))).toEqual([]);
});

test('every script, source file and variable that a page names exists; every variable that is read is on a page', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }; // this package's own
  const text = pages.map(read).join('\n');
  const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  const files = [...text.matchAll(/`((?:src|test|scripts|bench|flows)\/[\w./-]+)`/g)].map((match) => match[1] ?? '');
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(path.join('src', file)));
  const variables = sources.flatMap((source) =>
    [...source.matchAll(/process\.env\.(HEADGATE_\w+)/g)].map((match) => match[1]),
  );
  const listed = rowsBelow(read('docs/reference.md'), 'Environment').flatMap(([cell]) => codes(cell));
  expect(listed.sort()).toEqual([...new Set(variables)].sort());
});

const kinds: Readonly<Record<string, TaskKind>> = {
  binary: binary(),
  classification: classification({ classes: ['red', 'b', 'c', 'd', 'e', 'f'] }),
  multilabel: multilabel({ classes: ['red'] }),
  boundedRegression: boundedRegression({ min: 0, max: 1 }),
  regression: regression(),
  maskedLanguageModel: maskedLanguageModel({ tokenizer: wordTokenizer(['a']) }),
};

test('docs/tasks.md names the metrics of every kind', () => {
  const rows = rowsBelow(read('docs/tasks.md'), 'Metrics').filter(([kind]) => codes(kind).length > 0);
  const documented = Object.fromEntries(rows.map(([kind, metrics]) => [codes(kind)[0], [...codes(metrics)].sort()]));
  const own = Object.entries(kinds).map(([name, kind]) => {
    const results = kind.metrics.flatMap((metric) => metric.start().results());
    return [name, results.map((result) => result.name).sort()];
  });
  expect(documented).toEqual(Object.fromEntries(own));
});

test('docs/compatibility.md names the options in which saved and declared tasks may differ', () => {
  const row = rowsBelow(read('docs/compatibility.md'), 'What must match, and what becomes a note').find(([what]) =>
    what.includes('only training and tuning'),
  );
  const own = new Set(Object.values(kinds).flatMap(({ trainingOptions }) => trainingOptions ?? []));
  expect([...codes(row?.[1] ?? '')].sort()).toEqual([...own].sort());
});

test('docs/saving.md lists the files of a saved model', () => {
  const listed = rowsBelow(read('docs/saving.md'), 'Saving and loading').flatMap(([file]) => codes(file));
  expect(listed.sort()).toEqual([manifestFile, ...contentFiles].sort());
});
