// Mistral's tekken.json: a table of ranks with its expression and its special tokens in one file.
//
// mistral-common takes special tokens in a text for characters; here they are tokens as in any tokenizer, and characters with
// `--special-tokens text`. BOS is in front of every text.
import { z } from 'zod';
import { TEKKEN } from './expressions.js';
import { SPECIAL, tokenizerOfRanks } from './rank-table.js';

const BOS = '<s>';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Those of files that do not list them. */
const FORMER = [
  ...['<unk>', BOS, '</s>', '[INST]', '[/INST]', '[AVAILABLE_TOOLS]', '[/AVAILABLE_TOOLS]', '[TOOL_RESULTS]'],
  ...['[/TOOL_RESULTS]', '[TOOL_CALLS]', '[IMG]', '<pad>', '[IMG_BREAK]', '[IMG_END]', '[PREFIX]', '[MIDDLE]'],
  ...['[SUFFIX]', '[SYSTEM_PROMPT]', '[/SYSTEM_PROMPT]', '[TOOL_CONTENT]'],
];

const schema = z.object({
  config: z.object({
    pattern: z.string(),
    default_vocab_size: z.int().min(0),
    default_num_special_tokens: z.int().min(0).max(100_000),
  }),
  vocab: z.array(z.object({ rank: z.int().min(0), token_bytes: z.string().regex(BASE64) })),
  special_tokens: z.array(z.object({ rank: z.int().min(0), token_str: z.string().regex(SPECIAL) })).nullish(),
});

/**
 * @param text of tekken.json
 * @returns what a tokenizer.json holds
 * @throws Error saying what is wrong with the file
 */
export function tokenizerOfTekken(text: string): Record<string, unknown> {
  const { config, vocab, special_tokens } = read(text);
  const { pattern, default_vocab_size, default_num_special_tokens: count } = config;
  // Engines read others differently, and nobody has compared.
  if (pattern !== TEKKEN) {
    throw new Error(`its expression ${JSON.stringify(pattern.slice(0, 200))} is none that is known`);
  }
  const size = default_vocab_size - count;
  if (size < 256 || size > vocab.length) throw new Error(`it promises ${size} tokens and has ${vocab.length}`);
  const given = special_tokens ?? FORMER.map((token_str, rank) => ({ rank, token_str }));
  if (given.length > count) throw new Error(`it has ${given.length} special tokens, more than its ${count}`);
  const named = given.map(({ token_str }) => token_str);
  const wrong = given.findIndex(({ rank, token_str }, at) => rank !== at || named.indexOf(token_str) !== at);
  if (wrong >= 0) throw new Error(`its special token ${wrong} is out of order or there twice`);
  const filled = Array.from({ length: count }, (_, id) => ({ id, content: named[id] ?? `<SPECIAL_${id}>` }));
  const tokens = vocab.slice(0, size).map(({ rank, token_bytes }, at) => {
    if (rank !== at) throw new Error(`its token ${at} has rank ${rank}: they must stand in their order`);
    return Buffer.from(token_bytes, 'base64');
  });
  return tokenizerOfRanks({ tokens, expression: pattern, special: filled, firstId: count, bos: BOS });
}

function read(text: string): z.output<typeof schema> {
  const parsed = schema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new Error(`${path.join('.') || 'top level'}: ${message}`);
}
