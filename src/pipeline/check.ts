// `longattn check`: what a run would refuse, and why, before hours are spent on it.
//
// Files are listed, cut, read and tokenised by the very functions that the windows stage calls, over the same plan, so that nothing can be
// found here and not there. Nothing is written.
import type { Hooks } from '../base/events.js';
import type { Document, Reject } from '../base/records.js';
import { planInputs } from '../corpus/plan.js';
import { readSlices } from '../corpus/read-slices.js';
import { resolveModel } from '../hub/resolve-model.js';
import { resolveTokenizer } from '../hub/resolve-tokenizer.js';
import { openModelFolder } from '../model/open-model.js';
import { parseCheckOptions, type CheckOptions, type ParsedCheck } from '../options/check-options.js';
import { refusedFiles, RefusedFilesError, type RefusedFile } from '../run/refused-files.js';
import { tooManyRejects } from '../run/rejects.js';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.js';
import { allTooShort, cutWindows } from '../windows/cut-windows.js';
import { newWindowCounts, totalCounts, type WindowCounts } from '../windows/counts.js';
import { RejectGroups, type RejectGroup } from './reject-groups.js';
import { fieldsOf } from './cut-part.js';
import { rowsByBytes } from './windows-stage.js';

export interface FilesAndBytes {
  files: number;
  /** As they lie on the disk. */
  bytes: number;
}

export interface CheckedDomain {
  domain: string;
  documents: number;
  /** Of the text, as UTF-16; absent with ready ids. */
  characters?: number;
  /** Where there are ids: with a tokenizer, or ready ones. */
  tokens?: number;
  windows?: number;
  /** Documents with fewer tokens than a window. */
  shortDocuments?: number;
}

export interface CheckReport {
  /** All that the inputs name. The next three are its parts. */
  listed: FilesAndBytes;
  read: FilesAndBytes;
  /** Of which groups of rows were refused. */
  readInPart: FilesAndBytes;
  unread: FilesAndBytes;
  /** Files in the folders given that are of no known format, or no data. */
  skipped: string[];
  domains: CheckedDomain[];
  /** Rows that would be refused one by one. */
  rejects: number;
  /** Files that would be refused, whole or in part. */
  refused: RefusedFile[];
  /** All refused rows, groups and files, by reason. */
  reasons: RejectGroup[];
  /** Rows that are JSON only if NaN and Infinity are read as null. */
  nonFinite: number;
  /** What would end a run with these options; empty where it would go through. */
  stops: { code: string; message: string }[];
}

/**
 * Read a corpus as a run would, and say what it would refuse.
 * @throws LongattnError INVALID_OPTION, MISSING_OPTION; INPUT_NOT_FOUND, INPUT_FORMAT, INPUT_IN_TWO_DOMAINS, DOMAIN_MISSING,
 *   INPUT_UNREADABLE, FIELD_WITHOUT_ROWS; those of the model and the tokenizer, where they are given; the signal's reason
 */
export async function check(raw: CheckOptions, hooks: Hooks = {}): Promise<CheckReport> {
  const { signal, onProgress } = hooks;
  const options = parseCheckOptions(raw, onProgress);
  const { tokenizer, vocabulary } = await open(options, hooks);
  const { input, domainField, zstdWindow, window } = options;
  const { files, parts, skipped } = await planInputs(input, { domainField, zstdWindow, signal });
  const found = new Findings();
  const counts = newWindowCounts();
  const hasIds = tokenizer !== undefined || options.idsField !== undefined;
  onProgress?.({ type: 'stage-start', stage: 'check', parts: parts.length, done: 0 });
  for (const { part, slices } of parts) {
    const documents = found.seen(readSlices(slices, fieldsOf(options), found), signal);
    const { onReject } = found;
    const work = hasIds
      ? cutWindows(documents, tokenizer, { window, counts, onReject, ...(vocabulary !== undefined && { vocabulary }) })
      : documents;
    for await (const _ of work);
    onProgress?.({ type: 'part-done', stage: 'check', part, counts: {} });
  }
  const domains = found.domains(hasIds ? counts : undefined);
  const rows = domains.reduce((sum, { documents }) => sum + documents, 0) + found.rejects;
  const refused = refusedFiles(found.whole, rowsByBytes(files, found.whole, rows));
  const { rejects, nonFinite } = found;
  onProgress?.({ type: 'stage-done', stage: 'check', counts: { documents: rows - rejects, rejects } });
  return {
    ...found.bytes(files),
    ...{ skipped, domains, rejects, refused, reasons: found.groups.list(), nonFinite },
    stops: stopsOf(options, refused, rejects, rows, hasIds ? counts : undefined),
  };
}

async function open(
  { model, configOverride, tokenizer, idsField, specialTokens, maxDocument }: ParsedCheck,
  hooks: Hooks,
): Promise<{ tokenizer: Tokenizer | undefined; vocabulary?: number }> {
  const needed = { layers: [0], configOverride };
  const folder = model === undefined ? undefined : (await resolveModel(model, needed, hooks)).folder;
  const given = tokenizer === undefined ? folder : (await resolveTokenizer(tokenizer, {}, hooks)).place;
  const place = idsField === undefined ? given : undefined;
  return {
    tokenizer: place === undefined ? undefined : await openTokenizer(place, { specialTokens, maxDocument }),
    ...(folder !== undefined && { vocabulary: (await openModelFolder(folder, needed)).vocabSize }),
  };
}

/** What is seen while a corpus is read. */
class Findings {
  readonly groups = new RejectGroups();
  /** Refused files and groups of rows; bounded by the files, not by their rows. */
  readonly whole: Reject[] = [];
  rejects = 0;
  nonFinite = 0;
  private readonly unread = new Set<string>();
  private readonly inPart = new Set<string>();
  private readonly texts = new Map<string, { documents: number; characters: number | undefined }>();

  readonly onReject = (reject: Reject): void => {
    this.groups.add(reject);
    if (reject.line === 0) this.unread.add(reject.file);
    else if (reject.whole) this.inPart.add(reject.file);
    if (reject.whole) this.whole.push(reject);
    else this.rejects++;
  };

  readonly onNonFinite = (): void => void this.nonFinite++;

  async *seen(documents: AsyncIterable<Document>, signal: AbortSignal | undefined): AsyncGenerator<Document> {
    for await (const document of documents) {
      signal?.throwIfAborted();
      const { domain, text } = document;
      const seen = this.texts.get(domain) ?? { documents: 0, characters: undefined };
      if (text !== undefined) seen.characters = (seen.characters ?? 0) + text.length;
      seen.documents++;
      this.texts.set(domain, seen);
      yield document;
    }
  }

  /** @param counts without what the tokenizer refused, where there is one */
  domains(counts: WindowCounts | undefined): CheckedDomain[] {
    return [...this.texts].map(([domain, { documents, characters }]) => {
      const counted = counts?.[domain];
      return {
        domain,
        documents: counts ? (counted?.documents ?? 0) : documents,
        ...(characters !== undefined && { characters }),
        ...(counts && {
          tokens: counted?.tokens ?? 0,
          windows: counted?.windows ?? 0,
          shortDocuments: counted?.shortDocuments ?? 0,
        }),
      };
    });
  }

  /** Links that lead nowhere are among the files, without bytes. */
  bytes(files: readonly { path: string; bytes: number }[]): Record<Share, FilesAndBytes> {
    const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
    for (const file of this.unread) if (!sizes.has(file)) sizes.set(file, 0);
    const shares: Record<Share, FilesAndBytes> = { listed: none(), read: none(), readInPart: none(), unread: none() };
    for (const [file, bytes] of sizes) {
      const share = this.unread.has(file) ? 'unread' : this.inPart.has(file) ? 'readInPart' : 'read';
      for (const sum of [shares.listed, shares[share]]) {
        sum.files++;
        sum.bytes += bytes;
      }
    }
    return shares;
  }
}

type Share = 'listed' | 'read' | 'readInPart' | 'unread';

const none = (): FilesAndBytes => ({ files: 0, bytes: 0 });

/** As the run judges them, in its order. */
function stopsOf(
  { allowRefusedFiles, maxRejectRate, window }: ParsedCheck,
  refused: readonly RefusedFile[],
  rejects: number,
  rows: number,
  counts: WindowCounts | undefined,
): CheckReport['stops'] {
  const short = counts && totalCounts(counts).documents > 0 ? allTooShort(counts, window) : undefined;
  const stops = [
    refused.length > 0 && !allowRefusedFiles ? new RefusedFilesError(refused) : undefined,
    tooManyRejects(rejects, rows, maxRejectRate),
    rows === rejects ? { code: 'NO_DOCUMENTS', message: 'The corpus has no documents.' } : short,
  ];
  return stops.filter((stop) => stop !== undefined).map(({ code, message }) => ({ code, message }));
}
