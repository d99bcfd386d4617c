// A run of ready token ids in which every window is kept, of any size: exports are measured on it.
//
// Ids have no text, so what is measured is the ids' way from the run to the file. They fall as words do (the id of rank r about as often as
// 1/r), because how fast zstd is depends on that.
import path from 'node:path';
import { SELECTION_COLUMNS, WINDOW_COLUMNS } from '../../dist/arrow/schema.js';
import { writeArrowPart } from '../../dist/run/arrow-part.js';
import { loadRun, openRun } from '../../dist/run/directory.js';
import { Ledger, partName } from '../../dist/run/ledger.js';

export const WINDOW = 32_768;
export const WINDOW_BYTES = WINDOW * Int32Array.BYTES_PER_ELEMENT;
const VOCABULARY = 49_152;
const PART_WINDOWS = 64;
const PARTS_A_DOMAIN = 40;
const IDS = Int32Array.from({ length: 1 << 16 }, (_, i) => Math.floor(VOCABULARY ** (i / 65_536)) - 1);

/** The same ids each time (xorshift32, two draws a step). */
function makeIds(state) {
  const ids = new Int32Array(WINDOW);
  for (let at = 0; at < WINDOW; at += 2) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    ids[at] = IDS[state & 0xffff];
    ids[at + 1] = IDS[state >>> 16];
  }
  return ids;
}

function* windowRows(part, count) {
  const domain = `domain-${Math.floor(part / PARTS_A_DOMAIN)}`;
  for (let row = 0; row < count; row++) {
    const window = part * PART_WINDOWS + row;
    const document = `ids-${part}.parquet:${row + 1}`;
    yield {
      ...{ window_id: `${document}:0`, doc_id: document, domain, source: `ids-${part}.parquet` },
      ...{ char_start: 0, char_end: 0, token_start: 0, token_ids: makeIds(window + 1) },
    };
  }
}

const windowsOf = (part, windows) => Math.min(PART_WINDOWS, windows - part * PART_WINDOWS);

function* selectionRows(parts, windows) {
  for (let part = 0; part < parts; part++) {
    for (let row = 0; row < windowsOf(part, windows); row++) {
      const [window_id, domain] = [`ids-${part}.parquet:${row + 1}:0`, `domain-${Math.floor(part / PARTS_A_DOMAIN)}`];
      yield { window_id, domain, ds: 0.3, du: -1e-9, lds: 0, score: 0, rank: row + 1, selected: true, reason: 'kept' };
    }
  }
}

/** @param dir of the run, which must not exist */
export async function makeExportRun(dir, windows) {
  const parts = Math.ceil(windows / PART_WINDOWS);
  const run = await openRun(dir, {
    stages: { windows: { window: WINDOW }, scores: { k: 'quarter', model: 'synthetic' } },
    versions: {},
    freeze: async () => ({ inputs: [], parts }),
  });
  for (let part = 0; part < parts; part++) {
    const rows = windowRows(part, windowsOf(part, windows));
    await writeArrowPart(run.windows, partName(part), { columns: WINDOW_COLUMNS, rows });
  }
  const entry = () => ({ counts: { windows, kept: windows } });
  await writeArrowPart(ledgerOf(dir), 'selection', {
    columns: SELECTION_COLUMNS,
    rows: selectionRows(parts, windows),
    entry,
  });
}

const ledgerOf = (dir) => new Ledger(path.join(dir, 'selection'), 'synthetic');

/** The run and its selection, as the export takes them. */
export async function loadExportRun(dir) {
  const ledger = ledgerOf(dir);
  const selection = { domains: [], settings: { score: 'longattn' }, ledger, name: 'selection' };
  return { run: await loadRun(dir), selection: { ...selection, path: ledger.file('selection') } };
}
