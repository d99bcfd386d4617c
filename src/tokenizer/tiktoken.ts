// Tables of ranks as tiktoken reads them: a line a token, its bytes in base64 and its rank. Expression and special tokens stand in the
// program of each model, so only tables that are known by their name and size can be converted.
//
// Kimi's program cuts runs of 25,000 characters without a space; here they are encoded whole.
import { KIMI, LLAMA3, QWEN } from './expressions.js';
import { tokenizerOfRanks, type RankTable } from './rank-table.js';

const LINE = /^([A-Za-z0-9+/]+={0,2}) (\d{1,7})$/;
const FIRST_LINE = /^[A-Za-z0-9+/]+={0,2} \d{1,7}\r?\n/;

export interface Recipe extends Omit<RankTable, 'tokens' | 'special' | 'firstId'> {
  file: string;
  ranks: number;
  /** Their ids follow the ranks. A number of them: tokenizer_config.json has the names. */
  special: readonly string[] | number;
}

const numbered = (count: number, name: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => name(index));

export const RECIPES: readonly Recipe[] = [
  {
    // Qwen 1
    ...{ file: 'qwen.tiktoken', ranks: 151_643, expression: QWEN, normalizer: { type: 'NFC' } },
    special: ['<|endoftext|>', '<|im_start|>', '<|im_end|>', ...numbered(205, (index) => `<|extra_${index}|>`)],
  },
  {
    // Kimi K2
    ...{ file: 'tiktoken.model', ranks: 163_584, expression: KIMI },
    special: 256,
  },
  {
    // Llama 3.1 and later 3
    ...{ file: 'tokenizer.model', ranks: 128_000, expression: LLAMA3, bos: '<|begin_of_text|>' },
    special: [
      ...['begin_of_text', 'end_of_text', 'reserved_special_token_0', 'reserved_special_token_1'],
      ...['finetune_right_pad_id', 'step_id', 'start_header_id', 'end_header_id', 'eom_id', 'eot_id', 'python_tag'],
      ...['image', ...numbered(244, (index) => `reserved_special_token_${index + 2}`)],
    ].map((name) => `<|${name}|>`),
  },
];

/** Does a file begin as a table? SentencePiece's files, which are called tokenizer.model too, do not. */
export function beginsAsTable(bytes: Buffer): boolean {
  return FIRST_LINE.test(bytes.toString('latin1', 0, 2048));
}

/**
 * @param text of the file
 * @param file its name
 * @param names of tokens by id, where tokenizer_config.json has them
 * @returns what a tokenizer.json holds
 * @throws Error saying what is wrong with the table
 */
export function tokenizerOfTiktoken(
  text: string,
  file: string,
  names?: ReadonlyMap<number, string>,
  recipes = RECIPES,
): Record<string, unknown> {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const recipe = recipes.find((one) => one.file === file && one.ranks === lines.length);
  if (!recipe) throw new Error(`a table of ${lines.length} ranks called ${file} is none that is known`);
  const tokens = lines.map((line, at) => {
    const found = LINE.exec(line);
    if (!found || Number(found[2]) !== at)
      throw new Error(`line ${at + 1} is not a token in base64 and the rank ${at}`);
    return Buffer.from(found[1]!, 'base64');
  });
  const special = specialOf(recipe, names).map((content, index) => ({ id: tokens.length + index, content }));
  return tokenizerOfRanks({ ...recipe, tokens, special, firstId: 0 });
}

function specialOf({ special, ranks }: Recipe, names?: ReadonlyMap<number, string>): readonly string[] {
  if (typeof special !== 'number') return special;
  if (!names) {
    throw new Error(
      'the names of its special tokens are missing: added_tokens_decoder of tokenizer_config.json has them',
    );
  }
  return numbered(special, (index) => names.get(ranks + index) ?? `<|reserved_token_${ranks + index}|>`);
}
