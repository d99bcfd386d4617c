// Documents to windows: each document is tokenised once (several at a time, order kept) and cut by Algorithm 1.
//
// Windows leave in the order of the documents, and within one in the order of the algorithm. A window's ids are a copy of a
// slice of the document's ids; its characters reach from the first character of its first token to the last of its last, so a
// character that is split between two windows belongs to both.
import { counted } from '../base/counted.js';
import { dataError, LongattnError, show } from '../base/errors.js';
import { mapOrdered } from '../base/map-ordered.js';
import { usableProcessors } from '../base/processors.js';
import type { Document, Reject, Window } from '../base/records.js';
import type { Encoded } from '../tokenizer/encoded.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { makeWindowId } from '../base/window-id.js';
import { windowStarts } from './slide.js';
import { countDocument, totalCounts, type WindowCounts } from './counts.js';

/** UTF-16 units of text in flight at once: the encoding of a document takes about 150 bytes for each. */
const MAX_UNITS_AHEAD = 2_000_000;

export interface CutOptions {
  /** W, in tokens. */
  window: number;
  /** Ids that the model has an embedding for: 0 to one below it. */
  vocabulary?: number;
  /** Filled while the windows are taken: what was seen, by domain. */
  counts: WindowCounts;
  /** Documents that the tokenizer could not encode. */
  onReject: (reject: Reject) => void;
  /** Every other document, before its windows; its text may be gone. */
  onDocument?: (document: Document, tokens: number, windows: number) => void;
}

/**
 * @param tokenizer may be undefined when all documents have ids
 * @throws LongattnError NO_TOKENIZER for a document of text without a tokenizer
 */
export async function* cutWindows(
  documents: AsyncIterable<Document>,
  tokenizer: Tokenizer | undefined,
  options: CutOptions,
): AsyncGenerator<Window, void, undefined> {
  const encoded = mapOrdered(documents, (document) => encode(document, tokenizer), {
    concurrency: usableProcessors() + 1,
    weigh: (document) => document.text?.length ?? document.ids!.length,
    maxWeight: MAX_UNITS_AHEAD,
  });
  for await (const { document, tokens } of encoded) {
    if (tokens instanceof Error) {
      const reason = `the tokenizer refused the text: ${tokens.message}`;
      options.onReject({ file: document.source, line: document.row, reason });
      continue;
    }
    const limit = options.vocabulary ?? (document.idsFound && tokenizer?.vocabularySize) ?? Infinity;
    const beyond = tokens.ids.findIndex((id) => id >= limit);
    if (beyond >= 0 && document.idsFound) {
      // Nobody said that these are ids of this tokenizer: one that is not speaks against the file, not against its row.
      const reason = `row ${document.row}: input_ids has ${tokens.ids[beyond]!} at ${beyond}, and the vocabulary ends at ${limit}: they are of another tokenizer, or need --ids-field input_ids`;
      options.onReject({ file: document.source, line: document.row, reason, whole: 'group', rows: 1 });
      continue;
    }
    if (beyond >= 0) {
      const reason = beyondReason(tokens.ids[beyond]!, beyond, options.vocabulary!, tokenizer);
      options.onReject({ file: document.source, line: document.row, reason });
      continue;
    }
    const starts = windowStarts(tokens.ids.length, options.window);
    countDocument(options.counts, document.domain, tokens.ids.length, starts.length);
    options.onDocument?.(document, tokens.ids.length, starts.length);
    for (const tokenStart of starts) {
      const tokenEnd = tokenStart + options.window;
      const [charStart, charEnd] = charRange(tokens, tokenStart, tokenEnd);
      yield {
        windowId: makeWindowId(document.key, tokenStart),
        docId: document.docId,
        domain: document.domain,
        source: document.source,
        charStart,
        charEnd,
        tokenStart,
        tokenIds: tokens.ids.slice(tokenStart, tokenEnd),
      };
    }
  }
}

/**
 * The error for a corpus of which not one document fills a window, or undefined when there are windows.
 * @param counts of all parts of the run
 */
export function allTooShort(counts: WindowCounts, window: number): LongattnError | undefined {
  const { windows, documents, tokens, longestShort } = totalCounts(counts);
  if (windows > 0) return undefined;
  if (documents === 0)
    return dataError('NO_DOCUMENTS', 'The corpus has no documents. See rejects.jsonl for what was refused.');
  return dataError(
    'ALL_DOCUMENTS_TOO_SHORT',
    `Of ${counted(documents, 'document')} none has the ${window} tokens of a window: the longest has ${longestShort}, the mean is ` +
      `${Math.round(tokens / documents)}. Choose a --window of at most ${longestShort}, or join short documents beforehand.`,
  );
}

function beyondReason(id: number, at: number, vocabulary: number, tokenizer: Tokenizer | undefined): string {
  const limit = `the model has embeddings for the ids below ${vocabulary}`;
  if (!tokenizer) return `token id ${id} at ${at}: ${limit}`;
  const name = tokenizer.nameOf(id);
  return `the text holds the token ${show(name ?? id)} (id ${id}, at ${at}): ${limit}. With --special-tokens text it is read as plain text`;
}

async function encode(
  document: Document,
  tokenizer: Tokenizer | undefined,
): Promise<{ document: Document; tokens: Encoded | Error }> {
  if (document.ids) return { document, tokens: { ids: document.ids, span: () => undefined } };
  if (!tokenizer || document.text === undefined) {
    throw new LongattnError('NO_TOKENIZER', 'Documents of text need a tokenizer. Give one, or --ids-field.');
  }
  const tokens = await tokenizer.encode(document.text).catch((error: unknown) => error as Error);
  // The text has served its purpose; what waits for its turn should not hold it.
  return { document: { ...document, text: '' }, tokens };
}

/** Code points that the tokens [first, end) cover. Template tokens stand at the ends only, so the searches are short. */
function charRange(tokens: Encoded, first: number, end: number): [start: number, end: number] {
  for (let low = first; low < end; low++) {
    const start = tokens.span(low);
    if (!start) continue;
    for (let high = end - 1; high >= low; high--) {
      const last = tokens.span(high);
      if (last) return [start[0], last[1]];
    }
  }
  return [0, 0];
}
