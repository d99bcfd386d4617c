// Which file of a model's folder its tokenizer is, and its bytes: a tokenizer.json, or another kind that is converted into one.
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { dataError } from '../base/errors.js';
import { errorCode } from '../io/file-system.js';
import { tokenizerOfTekken } from './tekken.js';
import type { TokenizerConfig } from './template.js';
import { beginsAsTable, RECIPES, tokenizerOfTiktoken } from './tiktoken.js';

/** Bytes of a table of ranks; the largest so far have 19 million. */
const MAX_TABLE = 100_000_000;
const KINDS = ['tokenizer.json', 'tekken.json', ...RECIPES.map(({ file }) => file)];
const TIKTOKEN = /\.(tiktoken|model)$/;

/** @throws LongattnError TOKENIZER_MISSING */
export async function readTokenizerFile(location: string): Promise<{ file: string; bytes: Buffer }> {
  const file = await fileOf(location);
  try {
    if (converterOf(file) && (await stat(file)).size > MAX_TABLE)
      throw new Error(`it has more than ${MAX_TABLE} bytes`);
    const bytes = await readFile(file);
    if (TIKTOKEN.test(file) && !beginsAsTable(bytes))
      throw new Error('it is no table of ranks, and other kinds are not read');
    return { file, bytes };
  } catch (error) {
    throw dataError(
      'TOKENIZER_MISSING',
      (errorCode(error) === 'ENOENT'
        ? `${file} does not exist. `
        : `${file} cannot be read: ${(error as Error).message}. `) +
        'A model folder must hold its tokenizer.json. Where it has tokenizer.model or a table of tiktoken, transformers (pip install ' +
        'transformers sentencepiece tiktoken) makes one if it knows the model: python3 -c "from transformers import AutoTokenizer; ' +
        "AutoTokenizer.from_pretrained('DIR').save_pretrained('DIR')\". " +
        'For corpora of ready token ids give --ids-field, which needs no tokenizer.',
      error,
    );
  }
}

/** The tokenizer of a folder, where it has one that can be read: tokenizer.json first. */
async function fileOf(location: string): Promise<string> {
  const statsOf = (file: string) => stat(file).catch(() => undefined);
  if (!(await statsOf(location))?.isDirectory()) return location;
  for (const file of KINDS.map((name) => path.join(location, name))) if (await statsOf(file)) return file;
  return path.join(location, 'tokenizer.json');
}

/** Of a table of ranks, what a tokenizer.json would hold; undefined for a tokenizer.json. */
export function converterOf(file: string): ((text: string, config?: TokenizerConfig) => unknown) | undefined {
  const name = path.basename(file);
  if (/^tekken.*\.json$/.test(name)) return tokenizerOfTekken;
  return TIKTOKEN.test(name) ? (text, config) => tokenizerOfTiktoken(text, name, config?.names) : undefined;
}
