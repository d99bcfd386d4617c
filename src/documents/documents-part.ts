// Write and find the parts of documents/, beside the parts of windows that they are of.
import path from 'node:path';
import { hashJson } from '../io/canonical-json.js';
import { makeFolder } from '../io/make-folder.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { partName, type Ledger, type LedgerRecord } from '../run/ledger.js';
import { DOCUMENT_COLUMNS, DOCUMENTS_VERSION } from './columns.js';
import type { DocumentRow } from './document-rows.js';

/** The ledger of documents/: its parts belong to these windows and to this version of the table. */
export function documentsLedger(windows: Ledger): Ledger {
  return windows.beside('documents', hashJson({ windows: windows.specHash, documents: DOCUMENTS_VERSION }));
}

/** @throws LongattnError of the disk */
export async function writeDocuments(
  windows: Ledger,
  part: number,
  rows: Iterable<DocumentRow>,
): Promise<LedgerRecord> {
  const ledger = documentsLedger(windows);
  await makeFolder(path.dirname(ledger.file(partName(part))), ledger.fs);
  return writeArrowPart(ledger, partName(part), { columns: DOCUMENT_COLUMNS, rows });
}

/** Parts of which there is no table: of a run from before there was one, or whose file is gone. */
export async function missingDocuments(windows: Ledger, parts: number): Promise<number[]> {
  const ledger = documentsLedger(windows);
  const names = Array.from({ length: parts }, (_, part) => partName(part));
  const missing: number[] = [];
  let part = 0;
  for await (const { status } of ledger.inspectAll(names, 'size')) {
    if (status !== 'done') missing.push(part);
    part++;
  }
  return missing;
}
