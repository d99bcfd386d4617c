// Where a long text may be cut without changing its tokens.
//
// Encoding a whole book at once takes 150 bytes of memory for each of its characters, on one core. For the usual byte-level BPE
// tokenizers there are places where the tokens of the text are exactly those of its two halves, one after the other:
// - between a visible ASCII character and a space that is followed by an ASCII letter;
// - after a line feed that follows a letter, a number or punctuation, and before a letter: lines of any script;
// - between a Chinese or Japanese character and the punctuation of these languages, which have no spaces.
// None of their regular expressions has an alternative that goes on across such a place, none looks behind, and only runs of white space
// look ahead. This holds for the expressions of expressions.ts. word-pieces.ts has the rule for tokenizers without an expression; with any other
// a text is encoded in one.
import { KIMI, LLAMA3, O200K, QWEN, TEKKEN } from './expressions.js';

/** UTF-16 units of a piece, about: from here on longer pieces are encoded more slowly. */
export const PIECE_UNITS = 32_768;

/** What the tokenizer's template adds around a text that is encoded in pieces. */
export interface PieceRule {
  prefix: number[];
  suffix: number[];
}

/**
 * Ends where a text may be cut. Only characters of which every version of Unicode says the same: what one library takes for white space or a
 * letter and another does not would be cut where it must not.
 */
const PLACE =
  /[!-~](?= [A-Za-z])|[\p{L}\p{N}\p{P}]\n(?=\p{L})|[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5](?=[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f])/u;

/** GPT-2's own expression is built into the ByteLevel pre-tokenizer. */
const SAFE_EXPRESSIONS = [LLAMA3, QWEN, TEKKEN, O200K, KIMI];

export interface Step {
  type: string;
  [field: string]: unknown;
}

/** The parts of a tokenizer.json that decide. Everything may be missing: the file is the user's. */
interface TokenizerJson {
  added_tokens?: { content: string; rstrip: boolean; lstrip: boolean }[];
  normalizer?: Step | null;
  pre_tokenizer?: Step | null;
  post_processor?: Step | null;
  model?: { type?: string; dropout?: number | null };
}

/** @returns undefined when nothing is known about where this tokenizer may be cut */
export function pieceRule(json: unknown): PieceRule | undefined {
  const { added_tokens: added = [], normalizer, pre_tokenizer, post_processor, model } = json as TokenizerJson;
  const isSafe =
    model?.type === 'BPE' &&
    !model.dropout &&
    (!normalizer || normalizer.type === 'NFC') &&
    steps(pre_tokenizer, 'pretokenizers').some(splitsThere) &&
    steps(pre_tokenizer, 'pretokenizers').every((step) => splitsThere(step) || isNeutral(step)) &&
    // An added token is found before all else; one that has a space inside, or takes the space after it, could lie across.
    // So could one that takes the white space before it, or has one of the other places inside.
    added.every(
      ({ content, rstrip, lstrip }) => !rstrip && !lstrip && !PLACE.test(`${content}a`) && !/[!-~] /.test(content),
    );
  return isSafe ? templateAround(post_processor) : undefined;
}

/**
 * @param text well-formed
 * @returns pieces that make up the text, of about `units` each where it has places to cut at; one for a text below twice that
 */
export function cutIntoPieces(text: string, units = PIECE_UNITS): string[] {
  const pieces: string[] = [];
  const place = new RegExp(PLACE, 'gu');
  let start = 0;
  while (text.length - start > 2 * units) {
    place.lastIndex = start + units;
    if (!place.test(text)) break;
    pieces.push(text.slice(start, place.lastIndex));
    start = place.lastIndex;
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** A pre-tokenizer or post-processor as the list of its steps. */
function steps(step: Step | null | undefined, field: string): Step[] {
  if (!step) return [];
  return step.type === 'Sequence' ? (step[field] as Step[]) : [step];
}

function splitsThere(step: Step): boolean {
  if (step.type === 'ByteLevel') return step['use_regex'] !== false;
  const pattern = step['pattern'] as { Regex?: string } | undefined;
  const isIsolated = step['behavior'] === 'Isolated' && step['invert'] === false;
  return step.type === 'Split' && isIsolated && SAFE_EXPRESSIONS.includes(pattern?.Regex ?? '');
}

/** Steps that look at single characters only, and at neither letters nor spaces. */
function isNeutral(step: Step): boolean {
  return step.type === 'Digits' || (step.type === 'ByteLevel' && step['use_regex'] === false);
}

/** Ids before and after the text; undefined for processors that do something else, or trim offsets at the start of a piece. */
export function templateAround(post: Step | null | undefined): PieceRule | undefined {
  const rule: PieceRule = { prefix: [], suffix: [] };
  for (const processor of steps(post, 'processors')) {
    if (processor.type === 'ByteLevel' && processor['trim_offsets'] === false) continue;
    if (processor.type !== 'TemplateProcessing') return undefined;
    const tokens = processor['special_tokens'] as Record<string, { ids: number[] }>;
    let side = rule.prefix;
    for (const item of processor['single'] as { SpecialToken?: { id: string } }[]) {
      if (item.SpecialToken) side.push(...tokens[item.SpecialToken.id]!.ids);
      else side = rule.suffix;
    }
  }
  return rule;
}
