/** @file A process that reads a folder through a cache, and prints its rows. */
import { imageFolder } from '../../../src/index.js';

const [folder = '', cache = ''] = process.argv.slice(2);
const source = await imageFolder(folder, { height: 2, width: 2, channels: 1, cache, chunkRows: 3 });
const rows: unknown[] = [];
for await (const { table } of source.read(null, null)) rows.push(...table.toRecords());
process.stdout.write(JSON.stringify(rows));
