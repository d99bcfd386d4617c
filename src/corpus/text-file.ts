// Text files: the whole file is one document.
import { dataError } from '../base/errors.js';
import type { Document } from '../base/records.js';
import { BrokenInput } from './broken-input.js';
import { byteStream } from './byte-stream.js';
import { COMPRESSION_RATIO, type Compression, type Format, type InputFile } from './format.js';
import type { ReadOptions, SliceFile, UnpackOptions } from './format.js';
import { MAX_LINE_BYTES } from './lines.js';
import { domainOf } from './row-document.js';
import { decodeUtf8, withoutBom } from './utf8.js';

export interface TextPlace {
  compression: Compression;
}

export const textFormat: Format<TextPlace> = {
  endings: ['txt'],
  compressible: true,
  isDocument: true,
  cut,
  read,
};

async function* cut({ bytes, compression }: InputFile): ReturnType<Format<TextPlace>['cut']> {
  yield { place: { compression }, weight: bytes * (compression === 'none' ? 1 : COMPRESSION_RATIO), rows: 1 };
}

/** Line ends are kept as they are; a byte order mark is not text. @throws LongattnError FIELD_WITHOUT_ROWS */
async function* read(slice: SliceFile & TextPlace, options: ReadOptions): AsyncGenerator<Document, void, undefined> {
  const { path: source, name } = slice;
  const domain = domainOf({}, slice, options);
  if (options.idsField) {
    throw dataError(
      'FIELD_WITHOUT_ROWS',
      `${source} is a text file, which has no field ${JSON.stringify(options.idsField)}. Give ids as .jsonl, .parquet or .arrow.`,
    );
  }
  const text = decodeUtf8(withoutBom(await readWhole(slice, options)));
  if (text === undefined) throw new BrokenInput('the file is not valid UTF-8');
  if (text === '') throw new BrokenInput('the file is empty');
  if (typeof domain !== 'string') throw new BrokenInput(domain.reason);
  yield { key: name, docId: name, domain, source, row: 0, text };
}

async function readWhole(slice: SliceFile & TextPlace, options: UnpackOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of byteStream(slice, slice.compression, options)) {
    bytes += chunk.length;
    if (bytes > MAX_LINE_BYTES) throw new BrokenInput(`the file has more than ${MAX_LINE_BYTES >> 20} MiB of text`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
