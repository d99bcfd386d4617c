// Write one part of a stage: rows into an Arrow file under a temporary name, then its entry in the ledger.
import { ArrowWriter, type ColumnBatch } from '../arrow/writer.js';
import type { Columns, Metadata } from '../arrow/schema.js';
import type { Row } from '../arrow/rows.js';
import { writeAtomically } from '../io/atomic-file.js';
import type { Ledger, LedgerEntry, LedgerRecord } from './ledger.js';

export interface ArrowPart {
  columns: Columns;
  metadata?: Metadata;
  /** The content: rows, or batches of columns. */
  rows?: AsyncIterable<Row> | Iterable<Row>;
  batches?: Iterable<ColumnBatch>;
  /** Asked once all rows are written: counts may come up on the way. */
  entry?: () => Omit<LedgerEntry, 'rows'>;
  /** Called between the Arrow file and the ledger entry: what must be there before the part counts as done. */
  beforeCommit?: () => Promise<void>;
}

/** @throws LongattnError of the disk; whatever `rows` throws: then nothing is left behind */
export async function writeArrowPart(ledger: Ledger, name: string, part: ArrowPart): Promise<LedgerRecord> {
  let rows = 0;
  const written = await writeAtomically(
    ledger.file(name),
    async (sink) => {
      const writer = new ArrowWriter(sink, part.columns, { metadata: part.metadata ?? {} });
      for await (const row of part.rows ?? []) await writer.push(row);
      for (const batch of part.batches ?? []) await writer.pushBatch(batch);
      await writer.close();
      rows = writer.rows;
    },
    ledger.fs,
  );
  await part.beforeCommit?.();
  return ledger.commit(name, written, { counts: {}, ...part.entry?.(), rows });
}
