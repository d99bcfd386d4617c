// A run directory with made-up scores of any number of windows, as large on paper as a real one: selection is measured on it.
//
// The files have every column of a real score file at its place and size, and the columns that LDS reads (ids, domain, layer, k,
// DS and variance a head) have values. All others are holes of a sparse file: 10 million windows of 9 heads are 96 GB, of which
// 2 GB lie on the disk. Holes are read as zeros, so whoever read them would pay for them.
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { FixedSizeList, Float64, Int32, makeData, Utf8 } from 'apache-arrow';
import { scoreColumns, toArrowSchema, WINDOW_COLUMNS } from '../../dist/arrow/schema.js';
import { ArrowWriter, BATCH_BYTES } from '../../dist/arrow/writer.js';
import { REPEATS } from '../../dist/counts/columns.js';
import { writeCounts } from '../../dist/counts/counts-part.js';
import { writeArrowPart } from '../../dist/run/arrow-part.js';
import { openRun } from '../../dist/run/directory.js';
import { partName } from '../../dist/run/ledger.js';
import { makeRandom } from './random.mjs';

export const HEADS = 9;
export const WINDOW = 32_768;
export const DOMAINS = ['book', 'code', 'arxiv'];
const PART_WINDOWS = 100_000;
/** Of a row besides its texts: what the writer's batches are bounded by. */
const ROW_BYTES = HEADS * (4 + 4 * 32) * 8 + 3 * 4;
/** One window in so many has the very scores of the one before, so that ties are broken as in a corpus with copies. */
const COPY_EVERY = 500;

/** Writes zeros that come from the buffer of holes as a hole. */
class SparseSink {
  bytes = 0;

  constructor(file, holes) {
    this.descriptor = openSync(file, 'w');
    this.holes = holes;
  }

  async write(chunk) {
    if (chunk.buffer !== this.holes) writeSync(this.descriptor, chunk, 0, chunk.byteLength, this.bytes);
    this.bytes += chunk.byteLength;
  }

  close() {
    ftruncateSync(this.descriptor, this.bytes);
    closeSync(this.descriptor);
  }
}

/** Windows in the order of a corpus: documents of one to six windows, file after file, domain after domain. */
class Corpus {
  #random = makeRandom(1);
  #document = 0;
  #left = 0;
  #start = 0;
  #made = 0;

  constructor(windows) {
    this.windows = windows;
  }

  /** `{ id, document, domain }` of the next window. */
  next() {
    if (this.#left === 0) {
      this.#document++;
      this.#left = 1 + Math.floor(6 * this.#random() ** 2);
      this.#start = 0;
    }
    const domain = DOMAINS[Math.floor((this.#made++ * DOMAINS.length) / this.windows)];
    const file = String(Math.floor(this.#document / 50_000)).padStart(5, '0');
    const document = `${domain}-${file}.jsonl.zst:${(this.#document % 50_000) + 1}`;
    const id = `${document}:${this.#start}`;
    this.#left--;
    this.#start += WINDOW;
    return { id, document, domain };
  }
}

/**
 * @param dir of the run, which must not exist
 * @returns the bytes of all score files
 */
export async function makeSyntheticRun(dir, windows) {
  const parts = Math.max(1, Math.ceil(windows / PART_WINDOWS));
  const run = await openRun(dir, {
    stages: { windows: { window: WINDOW }, scores: { k: 'quarter', model: 'synthetic' } },
    versions: {},
    freeze: async () => ({ inputs: [], parts }),
  });
  mkdirSync(run.scores.folder, { recursive: true });
  const corpus = new Corpus(windows);
  const random = makeRandom(2);
  let bytes = 0;
  for (let part = 0; part < parts; part++) {
    const rows = Math.min(PART_WINDOWS, windows - part * PART_WINDOWS);
    const written = await writePart(run.scores.file(partName(part)), rows, corpus, random);
    // The hash of holes is not worth its minutes: the bench checks sizes.
    await run.scores.commit(
      partName(part),
      { bytes: written, sha256: '0'.repeat(64) },
      { rows, counts: { windows: rows } },
    );
    bytes += written;
  }
  return bytes;
}

/**
 * The same windows in a run without a model, with made-up counts: the table of counts alone, as a selection by one of them does not read
 * the windows. Nothing of it is a hole.
 * @returns the bytes of all files of counts
 */
export async function makeCountedRun(dir, windows) {
  const parts = Math.max(1, Math.ceil(windows / PART_WINDOWS));
  const run = await openRun(dir, {
    stages: { windows: { window: WINDOW }, scores: {} },
    versions: {},
    freeze: async () => ({ inputs: [], parts }),
  });
  // What a selection takes from the windows: their length, in the metadata of the first part.
  await writeArrowPart(run.windows, partName(0), {
    columns: WINDOW_COLUMNS,
    metadata: { window: `${WINDOW}` },
    rows: [],
  });
  const corpus = new Corpus(windows);
  const random = makeRandom(3);
  let bytes = 0;
  for (let part = 0; part < parts; part++) {
    const rows = Math.min(PART_WINDOWS, windows - part * PART_WINDOWS);
    bytes += (await writeCounts(run.windows, part, WINDOW, countRows(rows, corpus, random))).bytes;
  }
  return bytes;
}

/** One window in ten repeats itself, so that the guard has something to refuse. */
function* countRows(rows, corpus, random) {
  for (let row = 0; row < rows; row++) {
    const { id, domain } = corpus.next();
    const shares = (count) => Float64Array.from({ length: count }, random);
    yield {
      ...{ window_id: id, domain, distinct: random(), gzip: random() },
      repeats: shares(REPEATS.length).fill(random() < 0.1 ? 0.5 : 0),
      ...{ last_recurrence_1: shares(3), last_recurrence_2: shares(3), last_recurrence_3: shares(3) },
    };
  }
}

async function writePart(file, rows, corpus, random) {
  const columns = scoreColumns(HEADS);
  const { fields } = toArrowSchema(columns);
  const batchRows = Math.ceil(BATCH_BYTES / (ROW_BYTES + 80));
  const holes = new ArrayBuffer(batchRows * HEADS * 32 * 8);
  const sink = new SparseSink(file, holes);
  const metadata = { layers: '0', window: `${WINDOW}`, model: 'synthetic' };
  const writer = new ArrowWriter(sink, columns, { metadata });
  for (let done = 0; done < rows; done += batchRows) {
    const count = Math.min(batchRows, rows - done);
    const texts = Array.from({ length: count }, () => corpus.next());
    const made = {
      window_id: utf8(texts.map(({ id }) => id)),
      doc_id: utf8(texts.map(({ document }) => document)),
      domain: utf8(texts.map(({ domain }) => domain)),
      layer: int32(count, 0),
      length: int32(count, WINDOW),
      k: int32(count, WINDOW / 4),
      ds: heads(count, random, 0.35, 0.1),
      variance: heads(count, random, 2e-9, 1e-9),
    };
    await writer.pushBatch({
      rows: count,
      columns: fields.map(({ name, type }) => {
        const { listSize } = type;
        const values = made[name] ?? new Float64Array(holes, 0, count * listSize);
        return values instanceof Float64Array ? list(values, listSize, type) : values;
      }),
    });
  }
  await writer.close();
  sink.close();
  return sink.bytes;
}

function utf8(texts) {
  const bytes = Buffer.from(texts.join(''));
  const valueOffsets = new Int32Array(texts.length + 1);
  texts.forEach((text, i) => (valueOffsets[i + 1] = valueOffsets[i] + text.length));
  return makeData({ type: new Utf8(), length: texts.length, nullCount: 0, valueOffsets, data: bytes });
}

function int32(length, value) {
  return makeData({ type: new Int32(), length, nullCount: 0, data: new Int32Array(length).fill(value) });
}

function list(values, size, type) {
  const child = makeData({ type: new Float64(), length: values.length, nullCount: 0, data: values });
  return makeData({ type: type ?? new FixedSizeList(size), length: values.length / size, nullCount: 0, child });
}

/** One value a head: a part of the window's, and a part of its own. */
function heads(count, random, center, spread) {
  const values = new Float64Array(count * HEADS);
  for (let row = 0; row < count; row++) {
    const copied = row > 0 && row % COPY_EVERY === 0;
    const ofWindow = random() + random() + random() - 1.5;
    for (let head = 0; head < HEADS; head++) {
      const at = row * HEADS + head;
      values[at] = copied ? values[at - HEADS] : center + spread * (ofWindow + random() - 0.5);
    }
  }
  return values;
}
