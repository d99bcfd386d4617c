// The text of windows, from the corpus once more: the run keeps token ids only. Text is the exact substring of the document,
// never decoded from ids.
//
// That the corpus is the same is proved by a digest of the documents' text, which the windows stage took and the ledger keeps.
import { createHash, type Hash } from 'node:crypto';
import { dataError, show } from '../base/errors.js';
import type { Document } from '../base/records.js';
import { codePointCount, codePointSlicer } from '../base/code-points.js';
import { documentOf } from '../base/window-id.js';

/** Digest of the keys and texts of a part's documents, in order. */
export class DocumentDigest {
  readonly #hash: Hash = createHash('sha256');

  update({ key, text }: Document): void {
    this.#hash
      .update(`${Buffer.byteLength(key)} ${Buffer.byteLength(text ?? '')}\n`)
      .update(key)
      .update(text ?? '');
  }

  hex(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** The same documents, each entered in the digest on its way. */
export async function* digested(
  documents: AsyncIterable<Document>,
  digest: DocumentDigest,
): AsyncGenerator<Document, void, undefined> {
  for await (const document of documents) {
    digest.update(document);
    yield document;
  }
}

/** A window whose text is wanted. Those of a part come in the order of its documents. */
export interface TextRequest {
  windowId: string;
  /** Code points of the document's text, end exclusive. */
  charStart: number;
  charEnd: number;
}

/** The texts of windows of one part, in the order of the requests. */
export type TextOf = (part: number, requests: readonly TextRequest[], signal?: AbortSignal) => AsyncIterable<string>;

/**
 * @param readDocuments the documents of a part, as the windows stage read them
 * @param digestOf the digest in the ledger entry of a part of windows; undefined where none was taken
 * @returns texts; the iteration throws LongattnError CORPUS_CHANGED when the documents are not those that the windows were cut from
 */
export function textFromDocuments(
  readDocuments: (part: number) => AsyncIterable<Document>,
  digestOf: (part: number) => Promise<string | undefined>,
): TextOf {
  return async function* (part, requests, signal) {
    const digest = new DocumentDigest();
    let at = 0;
    for await (const document of digested(readDocuments(part), digest)) {
      signal?.throwIfAborted();
      if (at === requests.length || documentOf(requests[at]!.windowId) !== document.key) continue;
      const slice = codePointSlicer(document.text ?? '');
      for (; at < requests.length && documentOf(requests[at]!.windowId) === document.key; at++) {
        const { windowId, charStart, charEnd } = requests[at]!;
        const text = slice(charStart, charEnd);
        if (codePointCount(text) !== charEnd - charStart)
          throw changed(`the document of window ${show(windowId)} is shorter than it was`);
        yield text;
      }
    }
    if (at < requests.length) throw changed(`the document of window ${show(requests[at]!.windowId)} is gone`);
    const expected = await digestOf(part);
    if (expected !== undefined && expected !== digest.hex()) throw changed(`the text of part ${part} has changed`);
  };
}

function changed(what: string): Error {
  return dataError(
    'CORPUS_CHANGED',
    `The corpus is not the one that the windows were cut from: ${what}. Put the old files back, or start a new run.`,
  );
}
