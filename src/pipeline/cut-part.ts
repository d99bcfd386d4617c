// One part of the corpus, read and cut: its windows one by one, and beside them what was seen on the way.
import type { Document, Reject, Window } from '../base/records.js';
import { FORMATS, inputFormat } from '../corpus/formats.js';
import type { ReadHooks, ReadOptions } from '../corpus/format.js';
import type { InputSlice } from '../corpus/plan.js';
import { readSlices } from '../corpus/read-slices.js';
import { DocumentRows } from '../documents/document-rows.js';
import { newWindowCounts, type WindowCounts } from '../windows/counts.js';
import { cutWindows } from '../windows/cut-windows.js';
import { digested, DocumentDigest } from '../windows/document-text.js';
import { openableSlices } from './plan-run.js';
import type { Prepared } from './prepare.js';

/** All but `windows` is whole once these were read to their end. */
export interface CutPart {
  windows: AsyncGenerator<Window, void, undefined>;
  counts: WindowCounts;
  rejects: Reject[];
  documents: DocumentRows;
  digest: DocumentDigest;
  /** Files and groups of rows among the rejects. */
  refused: number;
  nonFinite: number;
  /** Something was refused that must not be: the part will not be made, and its documents are not tokenised any more. */
  isVain(): boolean;
}

/** @throws LongattnError INPUT_UNREADABLE, INPUT_CHANGED, NO_TOKENIZER while the windows are read; the signal's reason */
export async function cutPart(
  { run, spec, parts, tokenizer, model }: Prepared,
  part: number,
  signal: AbortSignal,
  onIdsFound?: (file: string) => void,
): Promise<CutPart> {
  const planned = parts[part]!.slices;
  const { slices, typed } = await openableSlices(run, planned);
  const rowless = new Set(planned.filter(hasNoRows).map(({ path }) => path));
  const cut: Omit<CutPart, 'windows'> = {
    ...{ counts: newWindowCounts(), rejects: [], digest: new DocumentDigest(), refused: 0, nonFinite: 0 },
    documents: new DocumentRows(planned.map(({ path }) => path)),
    isVain: () => cut.refused > 0 && !spec.allowRefusedFiles,
  };
  const hooks: ReadHooks = {
    onReject(found) {
      const reject = { ...found, file: typed(found.file) };
      cut.rejects.push(reject);
      if (reject.whole) cut.refused++;
      if (!rowless.has(reject.file)) cut.documents.refused(reject);
    },
    onNonFinite: () => void cut.nonFinite++,
  };
  const read = digested(readSlices(slices, fieldsOf(spec), hooks), cut.digest);
  const documents = asTyped(whileOfUse(read, cut.isVain, signal), typed);
  const windows = cutWindows(documents, tokenizer, {
    window: spec.window,
    ...(model && { vocabulary: model.vocabSize }),
    counts: cut.counts,
    onReject: hooks.onReject,
    onDocument(document, tokens, count) {
      cut.documents.document(document, tokens, count);
      if (document.idsFound) onIdsFound?.(document.source);
    },
  });
  return Object.assign(cut, { windows });
}

/** What decides how documents are read. */
export function fieldsOf(spec: Pick<Prepared['spec'], keyof ReadOptions>): ReadOptions {
  const { textField, idField, idsField, domainField, join, zstdWindow } = spec;
  return Object.fromEntries(
    Object.entries({ textField, idField, idsField, domainField, join, zstdWindow }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

/** A file of lines without a line: nobody's document. An empty text file is one, and refused. */
function hasNoRows(slice: InputSlice): boolean {
  if (slice.format !== 'refused' || !slice.isEmpty) return false;
  const format = inputFormat(slice.path)?.format;
  return format !== undefined && !FORMATS[format].isDocument;
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

/** Files by the names that the user gave them, wherever the worker was started. */
async function* asTyped(documents: AsyncIterable<Document>, typed: (file: string) => string): AsyncGenerator<Document> {
  for await (const document of documents) yield { ...document, source: typed(document.source) };
}
