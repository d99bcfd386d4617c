// The table selection.arrow as batches of columns, straight from the typed arrays: by rows it would take longer than the ranking.
import { Bool, Float64, Int32, makeData, Utf8, type Data } from 'apache-arrow';
import { SELECTION_COLUMNS } from '../arrow/schema.js';
import type { ColumnBatch } from '../arrow/writer.js';
import type { Choice } from './choose.js';
import type { Measured } from './measured.js';

const BATCH_ROWS = 1 << 16;

/** Columns in the order of the table, windows in the order of the scores. */
export function* selectionBatches(
  { table, ds, du }: Measured,
  { lds, score }: { lds: Float64Array; score: Float64Array },
  choice: Choice,
): Generator<ColumnBatch, void, undefined> {
  const domains = table.domainNames.map((name) => Buffer.from(name));
  const reasons = choice.reasons.map((reason) => Buffer.from(reason));
  for (let start = 0; start < table.length; start += BATCH_ROWS) {
    const end = Math.min(table.length, start + BATCH_ROWS);
    const columns: Record<keyof typeof SELECTION_COLUMNS, Data> = {
      window_id: texts(table.ids.column(start, end)),
      domain: named(table.domains.subarray(start, end), domains),
      ds: float64(ds.slice(start, end)),
      du: float64(du.slice(start, end)),
      lds: float64(lds.slice(start, end)),
      score: float64(score.slice(start, end)),
      rank: makeData({ type: new Int32(), length: end - start, nullCount: 0, data: choice.rank.slice(start, end) }),
      selected: kept(choice.reason.subarray(start, end)),
      reason: named(choice.reason.subarray(start, end), reasons),
    };
    yield { rows: end - start, columns: Object.values(columns) };
  }
}

function float64(data: Float64Array): Data {
  return makeData({ type: new Float64(), length: data.length, nullCount: 0, data });
}

function texts({ offsets, bytes }: { offsets: Int32Array; bytes: Uint8Array }): Data {
  return makeData({ type: new Utf8(), length: offsets.length - 1, nullCount: 0, valueOffsets: offsets, data: bytes });
}

/** A text column of few different texts. */
function named(indices: Uint8Array | Uint16Array, names: readonly Uint8Array[]): Data {
  const offsets = new Int32Array(indices.length + 1);
  for (let i = 0; i < indices.length; i++) offsets[i + 1] = offsets[i]! + names[indices[i]!]!.length;
  const bytes = new Uint8Array(offsets[indices.length]!);
  for (let start = 0; start < indices.length;) {
    const index = indices[start]!;
    let end = start + 1;
    while (end < indices.length && indices[end] === index) end++;
    repeat(names[index]!, bytes.subarray(offsets[start], offsets[end]));
    start = end;
  }
  return texts({ offsets, bytes });
}

/** Most neighbours have one text: a run of it is doubled until it is as long as it must be. */
function repeat(name: Uint8Array, into: Uint8Array): void {
  // A loop beats a call for a few bytes.
  for (let at = 0; at < name.length && at < into.length; at++) into[at] = name[at]!;
  for (let done = name.length; done > 0 && done < into.length; done *= 2) into.copyWithin(done, 0, done);
}

/** Reason 0 is that of the kept windows. */
function kept(reasons: Uint8Array): Data {
  const bits = new Uint8Array(Math.ceil(reasons.length / 8));
  for (let i = 0; i < reasons.length; i++) if (reasons[i] === 0) bits[i >> 3]! |= 1 << (i & 7);
  return makeData({ type: new Bool(), length: reasons.length, nullCount: 0, data: bits });
}
