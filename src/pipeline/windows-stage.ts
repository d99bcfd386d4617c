// The windows stage over a run: parts of the corpus become windows/part-NNNNN.arrow, refused rows rejects.jsonl.
//
// The counts of each window (counts/) are written beside it while its token ids are in hand: a pass over them later costs more.
import path from 'node:path';
import { dataError } from '../base/errors.js';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import { windowRow, type Row } from '../arrow/rows.js';
import { digested, DocumentDigest } from '../windows/document-text.js';
import type { OnProgress } from '../base/events.js';
import type { Document, Reject } from '../base/records.js';
import { countRow, type CountRow } from '../counts/count-window.js';
import { writeCounts } from '../counts/counts-part.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { checkInputs } from '../run/directory.js';
import { partName, type LedgerRecord } from '../run/ledger.js';
import { mergeRejects, readRejects, writeRejects } from '../run/rejects.js';
import { partsOfShard, runParts, type RunPartsOptions } from '../run/run-parts.js';
import type { ReadHooks, ReadOptions } from '../corpus/format.js';
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
import { onlyRefusedFiles, refusedFiles, RefusedFilesError, type RefusedFile } from './refused-files.js';

export interface StageHooks {
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

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
    explain: onlyRefusedFiles,
    ...hooks,
  });
  return summarise(prepared);
}

async function makePart(
  { run, spec, parts, tokenizer, model }: Prepared,
  part: number,
  signal: AbortSignal,
): Promise<LedgerRecord> {
  const counts = newWindowCounts();
  const rejects: Reject[] = [];
  let [nonFinite, refused] = [0, 0];
  const hooks: ReadHooks = {
    onReject(reject) {
      rejects.push(reject);
      if (reject.whole) refused++;
    },
    onNonFinite: () => void nonFinite++,
  };
  const isVain = (): boolean => refused > 0 && !spec.allowRefusedFiles;
  const tokenCounts: CountRow[] = [];
  const digest = new DocumentDigest();
  const documents = digested(readSlices(parts[part]!.slices, fieldsOf(spec), hooks), digest);
  const windows = cutWindows(whileOfUse(documents, isVain, signal), tokenizer, {
    window: spec.window,
    vocabulary: model.vocabSize,
    counts,
    onReject: hooks.onReject,
  });
  const finished = async function* (): AsyncGenerator<Row> {
    for await (const window of windows) {
      tokenCounts.push(countRow(window));
      yield windowRow(window);
    }
    if (isVain()) throw new RefusedFilesError(refusedFiles(rejects));
  };
  return writeArrowPart(run.windows, partName(part), {
    columns: WINDOW_COLUMNS,
    metadata: { window: `${spec.window}`, tokenizer: tokenizer?.sha256 ?? 'none', spec_hash: run.windows.specHash },
    rows: finished(),
    entry: () => ({
      counts: {
        ...entryCounts(counts, rejects.length - refused),
        ...(refused > 0 && { refused }),
        ...(nonFinite > 0 && { nonFinite }),
      },
      domains: Object.entries(counts).map(([domain, values]) => ({ domain, counts: { ...values } })),
      digest: digest.hex(),
    }),
    beforeCommit: async () => {
      await writeRejects(run.windows, part, rejects);
      await writeCounts(run.windows, part, spec.window, tokenCounts);
    },
  });
}

/** What decides how documents are read. */
export function fieldsOf(spec: Prepared['spec']): ReadOptions {
  const { textField, idField, idsField, domainField, join, zstdWindow } = spec;
  return Object.fromEntries(
    Object.entries({ textField, idField, idsField, domainField, join, zstdWindow }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

/** A part that will not be made is read to its end, so that all that is refused in it is told; but not tokenised. */
async function* whileOfUse(
  documents: AsyncIterable<Document>,
  isVain: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<Document> {
  for await (const document of documents) {
    signal.throwIfAborted();
    if (!isVain()) yield document;
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
  const whole: Reject[] = [];
  for (const { part } of parts) {
    const state = await run.windows.inspect(partName(part), 'size');
    if (state.status !== 'done') continue;
    found.push(state.record);
    if (state.record.counts['refused']) whole.push(...(await readRejects(run.windows, part)));
  }
  const counts = mergeWindowCounts(found.map(countsOf));
  const rejectsPath = path.join(run.dir, 'rejects.jsonl');
  const complete = found.length === parts.length;
  const total = (name: string): number => found.reduce((sum, part) => sum + (part.counts[name] ?? 0), 0);
  const rejects = total('rejects');
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
  const refused = refusedFiles(whole, rowsByBytes(run.manifest.inputs, whole, totalCounts(counts).documents + rejects));
  return { counts, rejects, refused, nonFinite: total('nonFinite'), rejectsPath, complete };
}

/** Rows of a file that was refused unseen: as many a byte as the files that were read have. */
function rowsByBytes(
  inputs: readonly { path: string; bytes: number }[],
  whole: readonly Reject[],
  rows: number,
): (file: string) => number {
  const lost = new Set(whole.filter((reject) => reject.whole === 'file').map(({ file }) => file));
  const bytes = inputs.reduce((sum, input) => sum + (lost.has(input.path) ? 0 : input.bytes), 0);
  const bytesOf = new Map(inputs.map((input) => [input.path, input.bytes]));
  return (file) => (bytes === 0 ? 0 : Math.round(((bytesOf.get(file) ?? 0) * rows) / bytes));
}
