// A Hugging Face tokenizer.json behind two calls: open and encode.
//
// The work is done by the Rust `tokenizers` library, so the ids are those of Python's. Truncation and padding that a
// tokenizer.json may ask for are switched off: a document is never cut or padded. Offsets are asked for one token at a time,
// because the windows of a document need two each and a table of all of them costs more than the encoding itself.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Tokenizer as NativeTokenizer } from '@anush008/tokenizers';
import { environmentError, dataError } from '../base/errors.js';
import { encodePieces } from './encode-pieces.js';
import type { Encoded } from './encoded.js';
import { cutIntoPieces, pieceRule } from './pieces.js';

export interface Tokenizer {
  /** sha256 of tokenizer.json: which tokenizer made a run's windows. */
  readonly sha256: string;
  /** Number of ids, added tokens included. */
  readonly vocabularySize: number;
  /**
   * Runs on a thread of libuv's pool, so several calls at once use several cores.
   * @param text well-formed UTF-16, not empty
   */
  encode(text: string): Promise<Encoded>;
}

/**
 * @param location a tokenizer.json, or a folder that has one
 * @throws LongattnError TOKENIZER_MISSING, TOKENIZER_INVALID (data), ADDON_MISSING (environment)
 */
export async function openTokenizer(location: string): Promise<Tokenizer> {
  const { file, bytes } = await readTokenizerFile(location);
  const { Tokenizer: Native } = await importBinding();
  let native: NativeTokenizer;
  try {
    native = Native.fromString(bytes.toString('utf8'));
    native.disableTruncation();
    native.disablePadding();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw dataError(
      'TOKENIZER_INVALID',
      `${file} is not a tokenizer.json that can be read: ${reason}. ` +
        'Fetch it again, or save it anew with transformers: AutoTokenizer.from_pretrained(...).save_pretrained(DIR).',
      error,
    );
  }
  const rule = pieceRule(JSON.parse(bytes.toString('utf8')));
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    vocabularySize: native.getVocabSize(true),
    async encode(text) {
      const pieces = rule ? cutIntoPieces(text) : [text];
      if (rule && pieces.length > 1) return encodePieces(pieces, rule, (piece) => encodeOnce(native, piece, false));
      return encodeOnce(native, text, true);
    },
  };
}

async function encodeOnce(native: NativeTokenizer, text: string, addSpecialTokens: boolean): Promise<Encoded> {
  const encoding = await native.encode(text, null, { addSpecialTokens });
  return {
    ids: Int32Array.from(encoding.getIds()),
    // The binding's types say [sequence, [start, end]]; what it returns is [start, end].
    span: (token) => (encoding.tokenToChars(token) as unknown as [number, number] | null) ?? undefined,
  };
}

async function readTokenizerFile(location: string): Promise<{ file: string; bytes: Buffer }> {
  const isFolder = await stat(location).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const file = isFolder ? path.join(location, 'tokenizer.json') : location;
  try {
    return { file, bytes: await readFile(file) };
  } catch (error) {
    throw dataError(
      'TOKENIZER_MISSING',
      `${file} cannot be read: ${(error as Error).message}. ` +
        'A model folder must hold its tokenizer.json; for corpora of ready token ids give --ids-field, which needs no tokenizer.',
      error,
    );
  }
}

/** Loaded on first use: reading ready token ids must work where the binding has no build for the platform. */
async function importBinding(): Promise<typeof import('@anush008/tokenizers')> {
  try {
    return await import('@anush008/tokenizers');
  } catch (error) {
    throw environmentError(
      'ADDON_MISSING',
      `The tokenizers binding has no build for ${process.platform}-${process.arch}: ${(error as Error).message}. ` +
        'Run npm ci again (with optional dependencies), or tokenise elsewhere and give --ids-field.',
      error,
    );
  }
}
