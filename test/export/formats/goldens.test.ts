// The files of trainers byte by byte, as their own readers accepted them: node scripts/check-export-readers.mjs --goldens.
//
// LONGATTN_UPDATE_GOLDENS=1 writes them anew; then that command must accept them again.
import { describe, expect, it } from '@jest/globals';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Row } from '../../../src/arrow/rows.js';
import { EXPORT_FORMATS } from '../../../src/export/formats/index.js';
import { tableColumns } from '../../../src/export/formats/table-columns.js';
import { nodeFileSystem } from '../../../src/io/file-system.js';
import { makeFolder } from '../../../src/io/make-folder.js';
import { tempFolder } from '../../support/temp-folder.js';

const GOLDENS = path.join(import.meta.dirname, '..', '..', 'fixtures', 'exports');
const WINDOW = 32;
/** `arrow` holds the ids that the readers of the others are held against. */
const FORMATS = ['arrow', 'tokens', 'mds'] as const;

/** Five windows of two domains, in turns, with ids up to 2^31 - 1 and a name of several bytes a character. */
async function* windows(): AsyncGenerator<Row> {
  for (let n = 0; n < 10; n++) {
    const ids = Int32Array.from({ length: WINDOW }, (_, i) => (n === 3 && i === 0 ? 2 ** 31 - 1 : n * 1000 + i * i));
    yield {
      ...{
        window_id: `в.jsonl:${n + 1}:0`,
        doc_id: `d${n}`,
        domain: n % 2 === 0 ? 'book' : 'code',
        source: 'in/в.jsonl',
      },
      ...{ text: `text ${n}`, token_ids: ids, token_start: 0, char_start: 0, char_end: 6 },
      ...{ ds: 0.5, du: -0.25, lds: n / 4, score: n / 4, rank: n + 1 },
    };
  }
}

async function write(format: (typeof FORMATS)[number], folder: string): Promise<void> {
  await makeFolder(folder, nodeFileSystem);
  await EXPORT_FORMATS[format].write(windows(), {
    ...{ folder, columns: tableColumns({}, 'token_ids'), metadata: {}, kept: [], settings: {}, shardBytes: 1e9 },
    ...{ fingerprint: '0123456789abcdef', tokenizer: 'golden', fs: nodeFileSystem },
  });
}

/** gzip itself may differ from one zlib to the next. */
function contentOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('hex');
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name))).sort();
}

describe('the files of an export', () => {
  it.each(FORMATS)('%s: are the bytes that the readers accepted', async (format) => {
    const [folder, golden] = [path.join(tempFolder(), format), path.join(GOLDENS, format)];
    await write(format, folder);
    if (process.env['LONGATTN_UPDATE_GOLDENS']) {
      rmSync(golden, { recursive: true, force: true });
      cpSync(folder, golden, { recursive: true });
    }
    expect(filesOf(folder)).toEqual(filesOf(golden));
    expect(filesOf(golden).length).toBeGreaterThan(0);
    for (const name of filesOf(golden))
      expect([name, contentOf(path.join(folder, name))]).toEqual([name, contentOf(path.join(golden, name))]);
  });
});
