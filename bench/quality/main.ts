/**
 * @file `npm run quality`: how well one network for all tasks learns by the defaults, beside its peers, over seeds.
 *
 *   --case NAME      only this case; may be given several times
 *   --setting NAME   full, half, tenth or one; may be given several times
 *   --seeds N        splits, masks and weights; 5 or more for quoting. Default 5
 *   --quick          3 seeds, all labels and 90 % hidden: for development, not for quoting
 *   --only WHOSE     `ours`, `peers`, or `none`: what --from has
 *   --python PATH    an interpreter with scikit-learn and PyTorch (or HEADGATE_BENCH_PYTHON)
 *   --data FOLDER    of what does not ship with the repository. Default ../shared/data
 *   --json FILE      what was measured, written as it comes
 *   --from FILE      what an earlier run measured is not measured again; may be given several times
 *   --write          docs/quality.md
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Table } from 'headgate';
import { type QualityCase, type Setting, settings } from './case.js';
import { cases } from './cases/all.js';
import { qualityPage } from './document.js';
import { measureJoint, measureSingle, partsOf } from './measure.js';
import { askPeers, peerNames, peerVersions } from './peers.js';
import { type Contestant, completeRecords, keyOf, type Measured, readRecords } from './records.js';
import { type Finding, findingsOf, terminalTable } from './report.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    case: { type: 'string', multiple: true, default: [] },
    setting: { type: 'string', multiple: true, default: [] },
    seeds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    python: { type: 'string' },
    data: { type: 'string', default: path.join(root, '../shared/data') },
    json: { type: 'string' },
    from: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean', default: false },
  },
});

function chosenCases(): readonly QualityCase[] {
  const unknown = options.case.find((name) => !cases.some((candidate) => candidate.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no case "${unknown}"; the cases are ${cases.map(({ name }) => name).join(', ')}`);
  }
  return options.case.length === 0 ? cases : cases.filter(({ name }) => options.case.includes(name));
}

const seedCount = Number(options.seeds ?? (options.quick ? 3 : 5));
if (!Number.isInteger(seedCount) || seedCount < 1)
  throw new Error(`--seeds takes a whole number, not ${options.seeds}`);
const seeds = Array.from({ length: seedCount }, (_, i) => i + 1);
const quickly: readonly Setting[] = ['full', 'tenth'];
const chosenSettings = options.setting.length > 0 ? options.setting : options.quick ? quickly : settings;
const unknownSetting = options.setting.find((name) => !settings.some((setting) => setting === name));
if (unknownSetting !== undefined) throw new Error(`there is no setting "${unknownSetting}": ${settings.join(', ')}`);
const settingsOf = (quality: QualityCase): readonly Setting[] =>
  (quality.settings ?? settings).filter((setting) => chosenSettings.includes(setting));

const records = new Map<string, Measured>();
for (const file of options.from.filter((name) => existsSync(name))) {
  for (const record of readRecords(file)) records.set(keyOf(record), record);
}

function keep(record: Measured): void {
  records.set(keyOf(record), record);
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ records: [...records.values()] }, null, 1)}\n`);
  }
}

async function measureOurs(quality: QualityCase, table: Table, setting: Setting): Promise<void> {
  const ours = [
    ['joint', measureJoint],
    ['single', measureSingle],
  ] as const satisfies readonly (readonly [Contestant, unknown])[];
  for (const seed of seeds) {
    const parts = partsOf(quality, table, setting, seed);
    for (const [contestant, measure] of ours) {
      const place = { case: quality.name, setting, seed, contestant };
      if (!records.has(keyOf(place))) keep({ ...place, scores: await measure(quality, parts, seed) });
    }
  }
}

const python = options.python ?? (process.env.HEADGATE_BENCH_PYTHON || null);
const versions = python === null ? null : await peerVersions(python);
if (versions === null) console.log('Absent: scikit-learn and PyTorch (use --python PATH or HEADGATE_BENCH_PYTHON).');
else console.log(`Peers: ${versions}`);

async function measurePeers(quality: QualityCase, table: Table): Promise<void> {
  if (!(options.only === undefined || options.only === 'peers') || python === null || versions === null) return;
  const jobs = settingsOf(quality).flatMap((setting) =>
    seeds
      .filter((seed) =>
        peerNames.some((contestant) => !records.has(keyOf({ case: quality.name, setting, seed, contestant }))),
      )
      .map((seed) => ({ setting, seed, parts: partsOf(quality, table, setting, seed) })),
  );
  const cache = path.join(root, 'runs/quality/peers');
  for (const record of await askPeers(quality, table, jobs, { python, cache })) keep(record);
}

const findings: Finding[] = [];
for (const quality of chosenCases()) {
  console.log(`\n${quality.name}: ${quality.title}`);
  let table: Table;
  try {
    table = await quality.read(options.data);
  } catch (error) {
    console.log(`  ABSENT: ${error instanceof Error ? error.message : String(error)}`);
    continue;
  }
  const peers = measurePeers(quality, table);
  peers.catch(() => {}); // awaited below; until then its failure must not end our own run
  for (const setting of settingsOf(quality)) {
    if (options.only === undefined || options.only === 'ours') await measureOurs(quality, table, setting);
  }
  await peers.catch((error: Error) => console.log(`  PEERS FAILED: ${error.message}`));
  for (const setting of settingsOf(quality)) {
    const own = completeRecords(
      [...records.values()].filter((record) => record.case === quality.name && record.setting === setting),
      seeds,
    );
    if (own.length === 0) {
      console.log(`${setting}: not measured for all seeds`);
      continue;
    }
    const found = findingsOf(quality, setting, own);
    findings.push(...found);
    console.log(terminalTable(found));
  }
}

if (options.write) {
  const run = {
    findings,
    cases,
    absent: cases.flatMap((quality) => {
      const missing = (quality.settings ?? settings).filter(
        (setting) => !findings.some((one) => one.case === quality.name && one.setting === setting),
      );
      return missing.length === 0 ? [] : [`${quality.name} (${missing.join(', ')})`];
    }),
    peers: versions,
    command: [
      `npm run quality -- --seeds ${seedCount}`,
      ...(versions === null ? [] : ['--python PATH']),
      ...(options.only === undefined ? [] : [`--only ${options.only}`]),
      ...options.from.map(() => '--from FILE'),
      '--write',
    ].join(' '),
  };
  writeFileSync(path.join(root, 'docs/quality.md'), qualityPage(run));
}
