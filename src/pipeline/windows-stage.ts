// The windows stage over a run: parts of the corpus become windows/part-NNNNN.arrow, refused rows rejects.jsonl.
//
// The counts of each window (counts/) are written beside it while its token ids are in hand: a pass over them later costs more.
import path from 'node:path';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import { windowRow, type Row } from '../arrow/rows.js';
import { digested, DocumentDigest } from '../windows/document-text.js';
import type { Hooks } from '../base/events.js';
import type { Document, Reject, Window } from '../base/records.js';
import { countRow, type CountRow } from '../counts/count-window.js';
import { writeCounts } from '../counts/counts-part.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { checkInputs, type Run } from '../run/directory.js';
import { partName, type LedgerRecord } from '../run/ledger.js';
import { mergeRejects, requireFewRejects, writeRejects } from '../run/rejects.js';
import { partsOfShard, runParts, type RunPartsOptions, type Share } from '../run/run-parts.js';
import { readSlices } from '../corpus/read-slices.js';
import { allTooShort, cutWindows } from '../windows/cut-windows.js';
import {
  mergeWindowCounts,
  newWindowCounts,
  totalCounts,
  type DomainCounts,
  type WindowCounts,
} from '../windows/counts.js';
import { openableSlices } from './plan-run.js';
import type { Prepared } from './prepare.js';

export interface WindowsResult {
  counts: WindowCounts;
  rejects: number;
  rejectsPath: string;
  /** False while parts of other shards are missing. */
  complete: boolean;
}

/**
 * Make the windows of this shard's parts.
 * @throws LongattnError TOO_MANY_REJECTS, ALL_DOCUMENTS_TOO_SHORT, NO_DOCUMENTS once every part of the run is there
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
  // A part of windows is the work of seconds: it is left where it is.
  const stop = signal && drain ? AbortSignal.any([signal, drain]) : (drain ?? signal);
  const making = runParts({
    stage: 'windows',
    parts: partsOfShard(parts.length, spec.shard),
    workers: spec.workers,
    ledger: run.windows,
    check: 'size',
    make: (part, signal) => makePart(prepared, part, signal),
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

async function makePart(
  { run, spec, parts, tokenizer }: Prepared,
  part: number,
  signal: AbortSignal,
): Promise<LedgerRecord> {
  const counts = newWindowCounts();
  const rejects: Reject[] = [];
  const tokenCounts: CountRow[] = [];
  const { slices, typed } = await openableSlices(run, parts[part]!.slices);
  const onReject = (reject: Reject): void => void rejects.push({ ...reject, file: typed(reject.file) });
  const digest = new DocumentDigest();
  const documents = digested(readSlices(slices, fieldsOf(spec), onReject), digest);
  const windows = cutWindows(stopping(documents, signal), tokenizer, { window: spec.window, counts, onReject });
  return writeArrowPart(run.windows, partName(part), {
    columns: WINDOW_COLUMNS,
    metadata: { window: `${spec.window}`, tokenizer: tokenizer?.sha256 ?? 'none', spec_hash: run.windows.specHash },
    rows: rows(windows, (window) => tokenCounts.push(countRow(window))),
    entry: () => ({
      counts: entryCounts(counts, rejects.length),
      domains: Object.entries(counts).map(([domain, values]) => ({ domain, counts: { ...values } })),
      digest: digest.hex(),
    }),
    beforeCommit: async () => {
      await writeRejects(run.windows, part, rejects);
      await writeCounts(run.windows, part, spec.window, tokenCounts);
    },
  });
}

export function fieldsOf(spec: Prepared['spec']): Parameters<typeof readSlices>[1] {
  const { textField, idField, idsField, domainField } = spec;
  return Object.fromEntries(
    Object.entries({ textField, idField, idsField, domainField }).filter(([, value]) => value !== undefined),
  );
}

async function* rows(windows: AsyncIterable<Window>, onWindow: (window: Window) => void): AsyncGenerator<Row> {
  for await (const window of windows) {
    onWindow(window);
    yield windowRow(window);
  }
}

async function* stopping(documents: AsyncIterable<Document>, signal: AbortSignal): AsyncGenerator<Document> {
  for await (const document of documents) {
    signal.throwIfAborted();
    yield document;
  }
}

function entryCounts(counts: WindowCounts, rejects: number): Record<string, number> {
  const { documents, windows, tokens } = totalCounts(counts);
  return { documents, windows, tokens, rejects };
}

function countsOf({ domains = [] }: LedgerRecord): WindowCounts {
  const counts = newWindowCounts();
  for (const { domain, counts: values } of domains) counts[domain] = values as unknown as DomainCounts;
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
  requireFewRejects(rejects, totalCounts(counts).documents + rejects, { maxRate: spec.maxRejectRate, rejectsPath });
  const tooShort = allTooShort(counts, spec.window);
  if (tooShort) throw tooShort;
  return result;
}

/** What the finished parts hold together. */
async function countWindows(run: Run, parts: number): Promise<WindowsResult> {
  const found: LedgerRecord[] = [];
  const names = Array.from({ length: parts }, (_, part) => partName(part));
  for await (const state of run.windows.inspectAll(names, 'size')) {
    if (state.status === 'done') found.push(state.record);
  }
  const rejects = found.reduce((sum, { counts }) => sum + counts['rejects']!, 0);
  const counts = mergeWindowCounts(found.map(countsOf));
  return { counts, rejects, rejectsPath: path.join(run.dir, 'rejects.jsonl'), complete: found.length === parts };
}
