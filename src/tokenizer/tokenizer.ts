// A Hugging Face tokenizer.json behind two calls: open and encode.
//
// The work is done by the Rust `tokenizers` library, so the ids are those of Python's. Truncation and padding that a
// tokenizer.json may ask for are switched off: a document is never cut or padded. Offsets are asked for one token at a time,
// because the windows of a document need two each and a table of all of them costs more than the encoding itself.
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Tokenizer as NativeTokenizer } from '@anush008/tokenizers';
import { environmentError, dataError } from '../base/errors.js';
import { encodePieces } from './encode-pieces.js';
import type { Encoded } from './encoded.js';
import { requireMergesWithPrefix } from './merges.js';
import { cutIntoPieces, PIECE_UNITS, pieceRule } from './pieces.js';
import { wordRule } from './word-pieces.js';
import { readTokenizerConfig, templateWarnings, withTemplate, type TokenizerWarning } from './template.js';
import { converterOf, readTokenizerFile } from './tokenizer-file.js';

const MAX_DOCUMENT = 8 << 20;
/** From here on the spans of a text are kept as numbers: asking for all of them takes time, but less memory. */
const LONG_TEXT_UNITS = 16 * PIECE_UNITS;

export interface AddedToken {
  id: number;
  content: string;
}

export interface TokenizerOptions {
  /**
   * What `<|endoftext|>` and its like are where they stand in a text: `parse` (the default, as in transformers) takes them for the tokens,
   * `text` for the characters. What the tokenizer's template adds is added either way.
   */
  specialTokens?: 'parse' | 'text';
  /** Bytes of text that are encoded in one, at most: 200 to 600 times as much memory is used. Default 8 MiB. */
  maxDocument?: number;
}

export interface Tokenizer {
  /** sha256 of tokenizer.json (of what is made of it, or of another file, where that differs): which tokenizer made a run's windows. */
  readonly sha256: string;
  /** Ids that every text gets, as those of an empty one: BOS, EOS. */
  readonly added: readonly number[];
  /** Where tokenizer_config.json or another version of transformers says otherwise. */
  readonly warnings: readonly TokenizerWarning[];
  /** Number of ids, added tokens included. */
  readonly vocabularySize: number;
  /** Tokens that are found in the text as they stand, special ones among them: with `specialTokens: 'text'` those are left out. */
  readonly addedTokens: readonly AddedToken[];
  /** The text of a token; undefined where no token has the id. */
  nameOf(id: number): string | undefined;
  /**
   * Runs on a thread of libuv's pool, so several calls at once use several cores.
   * @param text well-formed UTF-16, not empty
   * @throws Error for a text that has no places to be cut at and is longer than `maxDocument`
   */
  encode(text: string): Promise<Encoded>;
  /** The text of token ids, special tokens by their names; bytes that are no whole character come out as U+FFFD. */
  decode(ids: Int32Array): Promise<string>;
}

/**
 * @param location a tokenizer.json, a tekken.json or a table of tiktoken's that is known, or a folder that has one
 * @throws LongattnError TOKENIZER_MISSING, TOKENIZER_INVALID (data), ADDON_MISSING (environment)
 */
export async function openTokenizer(location: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const { file, bytes } = await readTokenizerFile(location);
  const { Tokenizer: Native } = await importBinding();
  const config = await readTokenizerConfig(path.dirname(file));
  const { specialTokens = 'parse', maxDocument = MAX_DOCUMENT } = options;
  let text = bytes.toString('utf8');
  let converted: string | undefined;
  let native: NativeTokenizer;
  let json: Record<string, unknown>;
  let templated: Record<string, unknown>;
  const idOf = (token: string): number | undefined => native.tokenToId(token) ?? undefined;
  try {
    const convert = converterOf(file);
    if (convert) text = converted = JSON.stringify(convert(text, config));
    if (specialTokens === 'text') text = withoutSpecialTokens(text);
    json = JSON.parse(text) as Record<string, unknown>;
    requireMergesWithPrefix(json);
    native = Native.fromString(text);
    templated = withTemplate(json, config, idOf);
    if (templated !== json) native = Native.fromString(JSON.stringify(templated));
    withoutLimits(native);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw dataError(
      'TOKENIZER_INVALID',
      `${file} is not a ${converterOf(file) ? path.basename(file) : 'tokenizer.json'} that can be read: ${reason}. ` +
        'Fetch it again, or save it anew with transformers: AutoTokenizer.from_pretrained(...).save_pretrained(DIR).',
      error,
    );
  }
  const rule = pieceRule(templated);
  const words = rule ? undefined : wordRule(templated);
  let continued: NativeTokenizer | undefined;
  /** The tokenizer of the pieces of a text after the first. */
  const continuing = (): NativeTokenizer => {
    if (!words) return native;
    continued ??= withoutLimits(Native.fromString(JSON.stringify(words.continued)));
    return continued;
  };
  const added = (await native.encode('', null, { addSpecialTokens: true })).getIds();
  return {
    sha256: createHash('sha256')
      .update(templated !== json ? JSON.stringify(templated) : (converted ?? bytes))
      .digest('hex'),
    added,
    warnings: templateWarnings(config, added, idOf),
    vocabularySize: native.getVocabSize(true),
    addedTokens: ((json as TokenizerJson).added_tokens ?? []).map(({ id, content }) => ({ id, content })),
    nameOf: (id) => native.idToToken(id) ?? undefined,
    async encode(text) {
      const pieces = rule ? cutIntoPieces(text) : (words?.cut(text, PIECE_UNITS) ?? [text]);
      pieces.forEach((piece) => requireBounded(piece, maxDocument));
      const around = rule ?? words;
      if (!around || pieces.length === 1) return encodeOnce(native, text, true);
      const encode = text.length > LONG_TEXT_UNITS ? encodeCompactly : encodeOnce;
      return encodePieces(pieces, around, (piece, isFirst) => encode(isFirst ? native : continuing(), piece, false));
    },
    decode: (ids) => native.decode(Array.from(ids), false),
  };
}

/** A document is never cut or padded. */
function withoutLimits(native: NativeTokenizer): NativeTokenizer {
  native.disableTruncation();
  native.disablePadding();
  return native;
}

/** @throws Error */
function requireBounded(piece: string, maxBytes: number): void {
  // A UTF-16 unit has three bytes at most.
  if (piece.length * 3 <= maxBytes) return;
  const bytes = Buffer.byteLength(piece);
  if (bytes <= maxBytes) return;
  throw new Error(
    `${bytes} bytes of it must be encoded in one, more than --max-document ${maxBytes} allows: split the document, or raise the limit`,
  );
}

interface TokenizerJson {
  added_tokens?: (AddedToken & { special: boolean })[];
}

/** What is not among the added tokens is never found in a text: the same as `encode_special_tokens` of the library, which the binding lacks. */
function withoutSpecialTokens(text: string): string {
  const json = JSON.parse(text) as TokenizerJson;
  const added = json.added_tokens?.filter((token) => !token.special);
  return JSON.stringify({ ...json, ...(added && { added_tokens: added }) });
}

async function encodeOnce(native: NativeTokenizer, text: string, addSpecialTokens: boolean): Promise<Encoded> {
  const encoding = await native.encode(text, null, { addSpecialTokens });
  return {
    ids: Int32Array.from(encoding.getIds()),
    // The binding's types say [sequence, [start, end]]; what it returns is [start, end].
    span: (token) => (encoding.tokenToChars(token) as unknown as [number, number] | null) ?? undefined,
  };
}

/** The same without the library's own encoding, which has some hundred bytes a token: what is left of a piece of a long text. */
async function encodeCompactly(native: NativeTokenizer, text: string, addSpecialTokens: boolean): Promise<Encoded> {
  const encoding = await native.encode(text, null, { addSpecialTokens });
  const ids = Int32Array.from(encoding.getIds());
  const spans = new Uint32Array(2 * ids.length);
  encoding.getOffsets().forEach(([start, end], token) => spans.set([start!, end!], 2 * token));
  return { ids, span: (token) => [spans[2 * token]!, spans[2 * token + 1]!] };
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
