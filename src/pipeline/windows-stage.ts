// The windows stage over a run: parts of the corpus become windows/part-NNNNN.arrow, refused rows rejects.jsonl.
//
// The counts of each window (counts/) and the list of documents (documents/) are written beside it while they are in hand: a pass over the
// windows or the corpus later costs more.
import path from 'node:path';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import { windowRow, type Row } from '../arrow/rows.js';
import { show } from '../base/errors.js';
import type { Hooks, OnProgress } from '../base/events.js';
import type { Reject } from '../base/records.js';
import { countRow, type CountRow } from '../counts/count-window.js';
import { writeCounts } from '../counts/counts-part.js';
import { writeDocuments } from '../documents/documents-part.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { checkInputs, type Run } from '../run/directory.js';
import { partName, type LedgerRecord } from '../run/ledger.js';
import {
  firstReject,
  mergeRejects,
  readRejects,
  requireFewRejects,
  tooManyRejects,
  writeRejects,
} from '../run/rejects.js';
import { partsOfShard, runParts, type RunPartsOptions, type Share } from '../run/run-parts.js';
import { allTooShort } from '../windows/cut-windows.js';
import { mergeWindowCounts, newWindowCounts, totalCounts, type WindowCounts } from '../windows/counts.js';
import { cutPart } from './cut-part.js';
import type { Prepared } from './prepare.js';
import { onlyRefusedFiles, refusedFiles, RefusedFilesError, type RefusedFile } from '../run/refused-files.js';

export interface WindowsResult {
  counts: WindowCounts;
  /** Rows that were refused one by one. */
  rejects: number;
  /** Files and groups of rows that were refused, with `allowRefusedFiles`. */
  refused: RefusedFile[];
  /** Rows that are JSON only if NaN and Infinity are read as null. */
  nonFinite: number;
  rejectsPath: string;
  /** False while parts of other shards are missing. */
  complete: boolean;
}

/**
 * Make the windows of this shard's parts.
 * @throws LongattnError INPUT_REFUSED, after the other parts, for files that are broken in whole or in part; TOO_MANY_REJECTS, ALL_DOCUMENTS_TOO_SHORT, NO_DOCUMENTS once every part of the run is there
 */
export async function windowsStage(
  prepared: Prepared,
  hooks: Hooks & Pick<RunPartsOptions, 'onPart'> = {},
): Promise<WindowsResult> {
  await makeWindows(prepared, { ...hooks, share: shareOf(prepared.run) });
  return endWindows(prepared);
}

/**
 * Make the windows of parts, without a word on the corpus as a whole.
 * @throws LongattnError INPUT_MISSING, INPUT_CHANGED, PARTS_FAILED and what else runParts throws
 */
export async function makeWindows(
  prepared: Prepared,
  { signal, share, ...hooks }: Hooks & Pick<RunPartsOptions, 'onPart'> & { share: Share },
): Promise<void> {
  const { run, spec, parts } = prepared;
  await checkInputs(run.manifest);
  const { drain } = share;
  const idsFound = idsFoundWarning(prepared, hooks.onProgress);
  // A part of windows is the work of seconds: it is left where it is.
  const stop = signal && drain ? AbortSignal.any([signal, drain]) : (drain ?? signal);
  const making = runParts({
    stage: 'windows',
    parts: partsOfShard(parts.length, spec.shard),
    workers: spec.workers,
    ledger: run.windows,
    check: 'size',
    make: (part, signal) => makePart(prepared, part, signal, idsFound),
    explain: onlyRefusedFiles,
    ...{ signal: stop, share },
    ...hooks,
  });
  await making.catch((error: unknown) => {
    if (!drain?.aborted || signal?.aborted) throw error;
  });
}

/** With whoever else has opened the run: until all is done. */
export function shareOf({ leases, failures }: Run): Share {
  return { leases, failures, stay: true };
}

/** Says whose tokenizer is assumed, for the first file that has ids and no text. */
function idsFoundWarning({ spec }: Prepared, onProgress: OnProgress | undefined): (file: string) => void {
  let told = false;
  return (file) => {
    if (told) return;
    told = true;
    const whose = show(spec.tokenizer ?? spec.model);
    const message = `${show(file)} has no text and a field input_ids: they are taken for ids of the tokenizer of ${whose}. --ids-field input_ids says so without this line; --text-field names a text.`;
    onProgress?.({ type: 'warning', code: 'IDS_FOUND', message });
  };
}

async function makePart(
  prepared: Prepared,
  part: number,
  signal: AbortSignal,
  onIdsFound: (file: string) => void,
): Promise<LedgerRecord> {
  const { run, spec, tokenizer } = prepared;
  const cut = await cutPart(prepared, part, signal, onIdsFound);
  const tokenCounts: CountRow[] = [];
  const finished = async function* (): AsyncGenerator<Row> {
    for await (const window of cut.windows) {
      tokenCounts.push(countRow(window));
      yield windowRow(window);
    }
    if (cut.isVain()) throw new RefusedFilesError(refusedFiles(cut.rejects));
  };
  return writeArrowPart(run.windows, partName(part), {
    columns: WINDOW_COLUMNS,
    metadata: { window: `${spec.window}`, tokenizer: tokenizer?.sha256 ?? 'none', spec_hash: run.windows.specHash },
    rows: finished(),
    entry: () => ({
      counts: {
        ...entryCounts(cut.counts, cut.rejects.length - cut.refused),
        ...(cut.refused > 0 && { refused: cut.refused }),
        ...(cut.nonFinite > 0 && { nonFinite: cut.nonFinite }),
      },
      domains: Object.entries(cut.counts).map(([domain, values]) => ({ domain, counts: { ...values } })),
      digest: cut.digest.hex(),
    }),
    beforeCommit: async () => {
      await writeRejects(run.windows, part, cut.rejects);
      await writeCounts(run.windows, part, spec.window, tokenCounts);
      await writeDocuments(run.windows, part, cut.documents.inOrder());
    },
  });
}

function entryCounts(counts: WindowCounts, rejects: number): Record<string, number> {
  const { documents, windows, tokens } = totalCounts(counts);
  return { documents, windows, tokens, rejects };
}

function countsOf({ domains = [] }: LedgerRecord): WindowCounts {
  const counts = newWindowCounts();
  for (const { domain, counts: values } of domains) counts[domain] = values;
  return counts;
}

/**
 * The end of the windows: what they hold together, and, once all of them are there, RUN/rejects.jsonl and the checks of the whole corpus.
 * @throws LongattnError TOO_MANY_REJECTS, ALL_DOCUMENTS_TOO_SHORT, NO_DOCUMENTS
 */
export async function endWindows({
  run,
  spec,
  parts,
}: Pick<Prepared, 'run' | 'spec' | 'parts'>): Promise<WindowsResult> {
  const result = await countWindows(run, parts.length);
  if (!result.complete) return result;
  await mergeRejects(run.dir, run.windows, parts.length);
  const { rejects, rejectsPath, counts } = result;
  const rows = totalCounts(counts).documents + rejects;
  if (tooManyRejects(rejects, rows, spec.maxRejectRate)) {
    const first = await firstReject(run.windows, parts.length);
    requireFewRejects(rejects, rows, { maxRate: spec.maxRejectRate, rejectsPath, first });
  }
  const tooShort = allTooShort(counts, spec.window);
  if (tooShort) throw tooShort;
  return result;
}

/** What the finished parts hold together. */
async function countWindows(run: Run, parts: number): Promise<WindowsResult> {
  const found: LedgerRecord[] = [];
  const whole: Reject[] = [];
  const names = Array.from({ length: parts }, (_, part) => partName(part));
  let part = -1;
  for await (const state of run.windows.inspectAll(names, 'size')) {
    part++;
    if (state.status !== 'done') continue;
    found.push(state.record);
    if (state.record.counts['refused']) whole.push(...(await readRejects(run.windows, part)));
  }
  const counts = mergeWindowCounts(found.map(countsOf));
  const total = (name: string): number => found.reduce((sum, record) => sum + (record.counts[name] ?? 0), 0);
  const rejects = total('rejects');
  const refused = refusedFiles(whole, rowsByBytes(run.manifest.inputs, whole, totalCounts(counts).documents + rejects));
  const rejectsPath = path.join(run.dir, 'rejects.jsonl');
  return { counts, rejects, refused, nonFinite: total('nonFinite'), rejectsPath, complete: found.length === parts };
}

/** Rows of a file that was refused unseen: as many a byte as the files that were read have. */
export function rowsByBytes(
  inputs: readonly { path: string; bytes: number }[],
  whole: readonly Reject[],
  rows: number,
): (file: string) => number {
  const lost = new Set(whole.filter((reject) => reject.whole === 'file').map(({ file }) => file));
  const bytes = inputs.reduce((sum, input) => sum + (lost.has(input.path) ? 0 : input.bytes), 0);
  const bytesOf = new Map(inputs.map((input) => [input.path, input.bytes]));
  return (file) => (bytes === 0 ? 0 : Math.round(((bytesOf.get(file) ?? 0) * rows) / bytes));
}
