// The expressions by which byte-level BPE tokenizers cut a text into words, as their authors wrote them.
//
// tekken.ts and tiktoken.ts convert tables with them; pieces.ts knows where texts may be cut with each.

const CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const UPPER = '\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}';
const LOWER = '\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}';
const SPACES = '|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

/** Words that begin with a capital or have none inside; `without` letters that are cut otherwise. */
const words = (end: string, without = ''): string =>
  `[^\\r\\n\\p{L}\\p{N}]?[${UPPER}${without}]*[${LOWER}${without}]+${end}` +
  `|[^\\r\\n\\p{L}\\p{N}]?[${UPPER}${without}]+[${LOWER}${without}]*${end}`;
const plain = (digits: string): string =>
  `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*${SPACES}`;

/** Llama 3's, and cl100k's. */
export const LLAMA3 = plain('{1,3}');
/** That of every Qwen up to 3. */
export const QWEN = plain('');
/** That of every tekken.json so far. */
export const TEKKEN = `${words('')}|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*${SPACES}`;
/** gpt-oss and Llama 4. */
export const O200K = `${words(`${CONTRACTION}?`)}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*${SPACES}`;
/** Kimi K2's. */
export const KIMI = `[\\p{Han}]+|${words(`${CONTRACTION}?`, '&&[^\\p{Han}]')}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*${SPACES}`;
