/**
 * @file `tsx scripts/tokenizer/check.ts TEXT [python]`: tokenizers trained on a file's lines, read by Python's `tokenizers`: do
 * both give the same ids for every line, for lines of other scripts, and for every character there is?
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Tokenizer, tokenizerOf } from '../../src/data/text/tokenizer/tokenizer.js';
import { trainTokenizer } from '../../src/data/text/tokenizer/train/train.js';
import { foreign } from './foreign.js';

const [file, python = 'python3'] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: tsx scripts/tokenizer/check.ts TEXT [python]');
const lines = readFileSync(file, 'utf8').split('\n');

/** Lines that a vocabulary of English does not know, and some that no vocabulary does. */
const strange = [
  'naïve café, Ὀδυσσεύς ΟΔΟΣ ΣΑΣ. Σ!',
  'Добрый день, Ёлка й',
  '漢字かな交じり文。한국어 텍스트 𠀀𠀁',
  '👩‍💻 👍🏽 e\u0301 ﬁ İstanbul ß ẞ \u0000\u0085\ufeff x\u00a0y\u2028z',
  '[MASK] [PAD] ##ing __proto__ constructor toString 1٢3 a_b "“”" $&',
  'a'.repeat(101),
];
const strangeTraining = [
  ...lines.slice(0, 5000),
  ...Array.from({ length: 50 }, (_, i) => strange[i % strange.length] ?? ''),
];

/** Every character that this Node's Unicode knows, between letters. */
const everything = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => (code < 0xd800 || code > 0xdfff) && !/\p{Cn}|\p{Co}/u.test(String.fromCodePoint(code)))
  .map((code) => `a${String.fromCodePoint(code)}b`);

const trained: readonly (readonly [string, Tokenizer])[] = (['wordPiece', 'words', 'characters'] as const).flatMap(
  (kind) => [
    [`${kind} of the file`, trainTokenizer(lines, { kind })],
    [`${kind} of the file and strange lines`, trainTokenizer(strangeTraining, { kind })],
    [
      `${kind}, case and accents kept`,
      trainTokenizer(strangeTraining, { kind, lowercase: false, stripAccents: false }),
    ],
    [
      `${kind}, case and accents taken away`,
      trainTokenizer(strangeTraining, { kind, lowercase: true, stripAccents: true }),
    ],
  ],
);

const folder = mkdtempSync(path.join(tmpdir(), 'tokenizer-'));
try {
  const cases = [...trained, ...foreign(lines).map(([name, json]) => [name, tokenizerOf(json)] as const)].flatMap(
    ([name, tokenizer], i) => {
      const own = `${i}.json`;
      writeFileSync(path.join(folder, own), JSON.stringify(tokenizer.toJson()));
      return [
        [`${name}: lines`, lines] as const,
        [`${name}: strange lines`, strange] as const,
        [`${name}: every character`, everything] as const,
      ].map(([what, texts]) => {
        const ids = texts.map((text) => Array.from(tokenizer.encode(text)));
        return { name: what, file: own, texts, ids, decoded: ids.map((list) => tokenizer.decode(list)) };
      });
    },
  );
  writeFileSync(path.join(folder, 'cases.json'), JSON.stringify(cases));
  const checker = path.join(import.meta.dirname, 'check.py');
  process.exitCode = spawnSync(python, [checker, folder], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
