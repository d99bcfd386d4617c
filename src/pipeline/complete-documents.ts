// documents/ of a run from before there was one: one pass over the corpus, which reads, tokenises and cuts it again and keeps the counts.
import type { Hooks } from '../base/events.js';
import { dataError } from '../base/errors.js';
import { documentsLedger, missingDocuments, writeDocuments } from '../documents/documents-part.js';
import { checkInputs } from '../run/directory.js';
import { partName, type LedgerRecord } from '../run/ledger.js';
import { runParts } from '../run/run-parts.js';
import { cutPart } from './cut-part.js';
import type { Prepared } from './prepare.js';

/**
 * Make the parts of documents/ that are not there. Nothing is read where all are.
 * @throws LongattnError PART_MISSING for windows that are not done, CORPUS_CHANGED, INPUT_MISSING, INPUT_CHANGED, those of the disk
 */
export async function completeDocuments(prepared: Prepared, { signal, onProgress }: Hooks): Promise<void> {
  const { run, spec, parts } = prepared;
  const missing = await missingDocuments(run.windows, parts.length);
  if (missing.length === 0) return;
  await checkInputs(run.manifest);
  await runParts({
    stage: 'documents',
    parts: missing,
    workers: spec.workers,
    ledger: documentsLedger(run.windows),
    make: (part, stop) => listPart(prepared, part, stop),
    ...{ signal, onProgress },
  });
}

async function listPart(prepared: Prepared, part: number, signal: AbortSignal): Promise<LedgerRecord> {
  const { windows } = prepared.run;
  const { rows, digest } = await windows.require(partName(part), 'size');
  const cut = await cutPart(prepared, part, signal);
  let found = 0;
  for await (const _ of cut.windows) found++;
  if (found !== rows || (digest !== undefined && digest !== cut.digest.hex())) {
    throw dataError(
      'CORPUS_CHANGED',
      `The corpus is not the one that the windows were cut from: part ${part} has ${found} windows, or another text, where the run has ${rows}. ` +
        'Put the old files back, or start a new run.',
    );
  }
  return writeDocuments(windows, part, cut.documents.inOrder());
}
