// The windows stage over a run: parts of the corpus become windows/part-NNNNN.arrow, refused rows rejects.jsonl.
//
// The counts of each window (counts/) are written beside it while its token ids are in hand: a pass over them later costs more.
import path from 'node:path';
import { dataError } from '../base/errors.js';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import { windowRow, type Row } from '../arrow/rows.js';
import { digested, DocumentDigest } from '../windows/document-text.js';
import type { OnProgress } from '../base/events.js';
import type { Document, Reject, Window } from '../base/records.js';
import { countRow, type CountRow } from '../counts/count-window.js';
import { writeCounts } from '../counts/counts-part.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { checkInputs } from '../run/directory.js';
import { partName, type LedgerRecord } from '../run/ledger.js';
import { mergeRejects, writeRejects } from '../run/rejects.js';
import { partsOfShard, runParts, type RunPartsOptions } from '../run/run-parts.js';
import { readSlices } from '../corpus/read-slices.js';
import { allTooShort, cutWindows } from '../windows/cut-windows.js';
import {
  mergeWindowCounts,
  newWindowCounts,
  totalCounts,
  type DomainCounts,
  type WindowCounts,
} from '../windows/counts.js';
import type { Prepared } from './prepare.js';

export interface StageHooks {
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

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
  hooks: StageHooks & Pick<RunPartsOptions, 'onPart'> = {},
): Promise<WindowsResult> {
  const { run, spec, parts } = prepared;
  await checkInputs(run.manifest);
  await runParts({
    stage: 'windows',
    parts: partsOfShard(parts.length, spec.shard),
    workers: spec.workers,
    ledger: run.windows,
    make: (part, signal) => makePart(prepared, part, signal),
    ...hooks,
  });
  return summarise(prepared);
}

async function makePart(
  { run, spec, parts, tokenizer }: Prepared,
  part: number,
  signal: AbortSignal,
): Promise<LedgerRecord> {
  const counts = newWindowCounts();
  const rejects: Reject[] = [];
  const tokenCounts: CountRow[] = [];
  const onReject = (reject: Reject): void => void rejects.push(reject);
  const digest = new DocumentDigest();
  const documents = digested(readSlices(parts[part]!.slices, fieldsOf(spec), onReject), digest);
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

/** What all finished parts of the run hold together; checks that need the whole run wait until it is there. */
export async function summarise({
  run,
  spec,
  parts,
}: Pick<Prepared, 'run' | 'spec' | 'parts'>): Promise<WindowsResult> {
  const found: LedgerRecord[] = [];
  for (const { part } of parts) {
    const state = await run.windows.inspect(partName(part), 'size');
    if (state.status === 'done') found.push(state.record);
  }
  const counts = mergeWindowCounts(found.map(countsOf));
  const rejectsPath = path.join(run.dir, 'rejects.jsonl');
  const complete = found.length === parts.length;
  const rejects = found.reduce((sum, part) => sum + part.counts['rejects']!, 0);
  if (complete) {
    await mergeRejects(run.dir, run.windows, parts.length);
    const seen = totalCounts(counts).documents + rejects;
    if (rejects > spec.maxRejectRate * seen) {
      throw dataError(
        'TOO_MANY_REJECTS',
        `${rejects} of ${seen} rows were refused (${((100 * rejects) / seen).toFixed(1)} %), more than --max-reject-rate ` +
          `${spec.maxRejectRate * 100} % allows. Each is in ${rejectsPath} with its file, line and reason: mend them, or raise the rate.`,
      );
    }
    const tooShort = allTooShort(counts, spec.window);
    if (tooShort) throw tooShort;
  }
  return { counts, rejects, rejectsPath, complete };
}
