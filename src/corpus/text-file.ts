// Text files: the whole file is one document.
import type { Document, Reject } from '../base/records.js';
import { BrokenInput } from './broken-input.js';
import { readBytes } from './byte-stream.js';
import type { Compression } from './input-format.js';
import { MAX_LINE_BYTES } from './lines.js';
import { decodeUtf8, withoutBom } from './utf8.js';

export interface TextSlice {
  path: string;
  name: string;
  domain: string;
  compression: Compression;
}

/** The document, or nothing when the file was refused. Line ends are kept as they are; a byte order mark is not text. */
export async function* readTextFile(
  slice: TextSlice,
  onReject: (reject: Reject) => void,
): AsyncGenerator<Document, void, undefined> {
  const { path: source, name, domain } = slice;
  try {
    const text = decodeUtf8(withoutBom(await readWhole(slice)));
    if (text === undefined) throw new BrokenInput('the file is not valid UTF-8');
    if (text === '') throw new BrokenInput('the file is empty');
    yield { key: name, docId: name, domain, source, row: 0, text };
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    onReject({ file: source, line: 0, reason: error.message });
  }
}

async function readWhole(slice: TextSlice): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readBytes(slice.path, slice.compression)) {
    bytes += chunk.length;
    if (bytes > MAX_LINE_BYTES) throw new BrokenInput(`the file has more than ${MAX_LINE_BYTES >> 20} MiB of text`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
