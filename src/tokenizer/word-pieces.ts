// Where a long text may be cut for a BPE without an expression: SentencePiece's, of Llama 2, Mistral and Gemma, which take a whole text for
// one word, with `▁` for each space.
//
// A merge makes a token of the vocabulary. So between two characters that no token has side by side nothing is ever merged, and the
// merges to the left and to the right do not know of each other: the tokens of the text are those of its two parts. Both characters
// must be tokens, or a run of unknown ones could be fused across. The `▁` that is put in front of a text is left out for later parts.
import { templateAround, type PieceRule, type Step } from './pieces.js';

const SPACE = '▁';

interface AddedToken {
  content: string;
  lstrip?: boolean;
  rstrip?: boolean;
  single_word?: boolean;
}

interface Json {
  added_tokens?: AddedToken[];
  normalizer?: Step | null;
  pre_tokenizer?: Step | null;
  post_processor?: Step | null;
  model?: { type?: string; vocab?: Record<string, number>; [field: string]: unknown };
}

export interface WordRule extends PieceRule {
  /** tokenizer.json for all pieces but the first. */
  continued: unknown;
  /** @returns pieces that make up the text, of about `units` UTF-16 units each where it has places to cut at */
  cut(text: string, units: number): string[];
}

/** @returns undefined when nothing is known about where this tokenizer may be cut */
export function wordRule(json: unknown): WordRule | undefined {
  const { added_tokens: added = [], normalizer, pre_tokenizer, post_processor, model } = json as Json;
  const normalizers = flat(normalizer, 'normalizers');
  const splits = flat(pre_tokenizer, 'pretokenizers');
  const replaces = normalizers.some(isReplace);
  const isKnown =
    model?.type === 'BPE' &&
    !model['dropout'] &&
    !model['continuing_subword_prefix'] &&
    !model['end_of_word_suffix'] &&
    normalizers.every((step) => isReplace(step) || isPrepend(step)) &&
    splits.length <= 1 &&
    // Where each space is `▁` already, a split at spaces splits nothing.
    splits.every((step) => isMetaspace(step) || (replaces && isSplitAtSpace(step))) &&
    (replaces || splits.some(isMetaspace)) &&
    added.every(({ lstrip, rstrip, single_word }) => !lstrip && !rstrip && !single_word);
  const around = isKnown ? templateAround(post_processor) : undefined;
  if (!around) return undefined;
  // What is put in front of a text is put in front of what follows an added token too, unless it is `first`.
  const isRepeated =
    normalizers.some(isPrepend) ||
    splits.some((step) => isMetaspace(step) && !['first', 'never'].includes(scheme(step)));
  const contents = added.map(({ content }) => content).filter((content) => content !== '');
  let together: Together | undefined;
  return {
    ...around,
    continued: continuation(json as Json),
    cut(text, units) {
      if (text.length <= 2 * units) return [text];
      if (isRepeated && contents.some((content) => text.includes(content))) return [text];
      together ??= new Together(Object.keys(model!.vocab ?? {}), contents);
      return cutAt(text, units, together);
    },
  };
}

/** Which characters stand side by side in a token. */
class Together {
  private readonly pairs = new Set<number>();
  private readonly alone = new Set<number>();

  constructor(tokens: readonly string[], added: readonly string[]) {
    for (const token of tokens) if (token.length === 1) this.alone.add(token.charCodeAt(0));
    for (const token of [...tokens, ...added]) {
      for (let i = 1; i < token.length; i++) this.pairs.add(pair(unit(token, i - 1), unit(token, i)));
    }
  }

  /** Whether a text may be cut in front of the UTF-16 unit `at`. Halves of a surrogate pair are no tokens. */
  mayCut(text: string, at: number): boolean {
    const [left, right] = [unit(text, at - 1), unit(text, at)];
    return this.alone.has(left) && this.alone.has(right) && !this.pairs.has(pair(left, right));
  }
}

function cutAt(text: string, units: number, together: Together): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = units; text.length - start > 2 * units && at < text.length; at++) {
    if (!together.mayCut(text, at)) continue;
    pieces.push(text.slice(start, at));
    start = at;
    at += units - 1;
  }
  pieces.push(text.slice(start));
  return pieces;
}

function continuation(json: Json): Json {
  const normalizers = flat(json.normalizer, 'normalizers').filter((step) => !isPrepend(step));
  const { pre_tokenizer: step } = json;
  const metaspace = flat(step, 'pretokenizers').find(isMetaspace);
  const { add_prefix_space: _, ...rest } = metaspace ?? ({} as Step);
  return {
    ...json,
    normalizer: normalizers.length > 0 ? { type: 'Sequence', normalizers } : null,
    pre_tokenizer: metaspace ? { ...rest, prepend_scheme: 'never' } : (step ?? null),
  };
}

const pair = (left: number, right: number): number => left * 65_536 + right;

/** A space is `▁` before anything is looked up. */
function unit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code === 32 ? SPACE.charCodeAt(0) : code;
}

function flat(step: Step | null | undefined, field: string): Step[] {
  if (!step) return [];
  return step.type === 'Sequence' ? (step[field] as Step[]) : [step];
}

function isReplace(step: Step): boolean {
  const pattern = step['pattern'] as { String?: string } | undefined;
  return step.type === 'Replace' && pattern?.String === ' ' && step['content'] === SPACE;
}

function isPrepend(step: Step): boolean {
  return step.type === 'Prepend' && step['prepend'] === SPACE;
}

function isMetaspace(step: Step): boolean {
  return step.type === 'Metaspace' && step['replacement'] === SPACE;
}

function scheme(step: Step): string {
  return (step['prepend_scheme'] as string | undefined) ?? (step['add_prefix_space'] === false ? 'never' : 'always');
}

function isSplitAtSpace(step: Step): boolean {
  return step.type === 'Split' && (step['pattern'] as { String?: string } | undefined)?.String === ' ';
}
