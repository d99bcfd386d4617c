// A table of ranks (tiktoken's, tekken's) as the tokenizer.json of the same tokenizer.
//
// Both merge, again and again, the neighbours whose joint bytes have the lowest rank. tokenizer.json lists merges by pairs, so each token gives
// one for every way to cut it into two tokens. A piece that is a token as a whole is taken whole (`ignore_merges`).
import type { Step } from './pieces.js';

/** Longer tokens than any tokenizer has; the ways to cut one grow with it. */
const MAX_TOKEN_BYTES = 1024;
const MAX_TOKENS = 1_000_000;
/** So a special token is never one piece of a text, and never taken for a token of text. */
export const SPECIAL = /^[<[][!-~]*[A-Za-z0-9][!-~]*[>\]]$/;

export interface RankTable {
  /** The bytes of the token of each rank. */
  tokens: readonly Buffer[];
  /** Cuts a text into pieces, none of which is merged with another. */
  expression: string;
  /** Special tokens by id. Ranks take the ids that are left, from `firstId` on. */
  special: readonly { id: number; content: string }[];
  /** Id of the token of rank 0. */
  firstId: number;
  /** What stands in front of every text: a special token. */
  bos?: string;
  normalizer?: Step;
}

/**
 * @returns what a tokenizer.json holds
 * @throws Error saying what is wrong with the table
 */
export function tokenizerOfRanks({
  tokens,
  expression,
  special,
  firstId,
  bos,
  normalizer,
}: RankTable): Record<string, unknown> {
  const ranks = rankOf(tokens);
  for (let byte = 0; byte < 256; byte++) {
    if (!ranks.has(CHARACTERS[byte]!)) throw new Error(`it has no token for the byte ${byte}`);
  }
  const vocab: Record<string, number> = {};
  for (const { id, content } of special) {
    if (!SPECIAL.test(content)) throw new Error(`its special token ${JSON.stringify(content)} looks like text`);
    if (ranks.has(content)) throw new Error(`its special token ${JSON.stringify(content)} is a token of text too`);
    if (Object.hasOwn(vocab, content)) throw new Error(`its special token ${JSON.stringify(content)} is there twice`);
    vocab[content] = id;
  }
  for (const [token, rank] of ranks) vocab[token] = firstId + rank;
  const bosId = special.find(({ content }) => content === bos)?.id;
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(({ id, content }) => ({
      ...{ id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false },
    })),
    normalizer: normalizer ?? null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: expression }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: bosId === undefined ? null : template(bos!, bosId),
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: true, vocab, merges: mergesOf(ranks) },
    },
  };
}

function rankOf(tokens: readonly Buffer[]): Map<string, number> {
  if (tokens.length > MAX_TOKENS) throw new Error(`it has ${tokens.length} tokens, and ${MAX_TOKENS} are allowed`);
  const ranks = new Map<string, number>();
  tokens.forEach((bytes, rank) => {
    if (bytes.length === 0 || bytes.length > MAX_TOKEN_BYTES) {
      throw new Error(`the token of rank ${rank} has ${bytes.length} bytes, and 1 to ${MAX_TOKEN_BYTES} are allowed`);
    }
    const token = Array.from(bytes, (byte) => CHARACTERS[byte]!).join('');
    if (ranks.has(token)) throw new Error(`ranks ${ranks.get(token)} and ${rank} are the same token`);
    ranks.set(token, rank);
  });
  return ranks;
}

/** Ascending by the rank of what they make. */
function mergesOf(ranks: ReadonlyMap<string, number>): string[] {
  const merges: string[] = [];
  for (const token of ranks.keys()) {
    const cuts: [number, number, string][] = [];
    for (let at = 1; at < token.length; at++) {
      const [left, right] = [token.slice(0, at), token.slice(at)];
      const [l, r] = [ranks.get(left), ranks.get(right)];
      if (l !== undefined && r !== undefined) cuts.push([l, r, `${left} ${right}`]);
    }
    cuts.sort(([l, r], [otherL, otherR]) => l - otherL || r - otherR);
    for (const [, , merge] of cuts) merges.push(merge);
  }
  return merges;
}

function template(bos: string, id: number): Step {
  const text = (name: string, type_id: number) => ({ Sequence: { id: name, type_id } });
  const first = { SpecialToken: { id: bos, type_id: 0 } };
  return {
    type: 'TemplateProcessing',
    single: [first, text('A', 0)],
    pair: [first, text('A', 0), text('B', 1)],
    special_tokens: { [bos]: { id: bos, ids: [id], tokens: [bos] } },
  };
}

/** GPT-2's character for each byte: its own where that is visible, else one from U+0100 on. */
const CHARACTERS = ((): string[] => {
  const isVisible = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isVisible(byte) ? byte : next++));
})();
