// What a look at attention is told, checked and defaulted. Values may come as text ("0,3"), as from the command line, or typed.
import { z } from 'zod';
import { invalid, LongattnError } from '../base/errors.js';
import { parseIntegerList, parseNumber } from '../base/units.js';

/** Blocks of a map where nothing else is said. */
export const DEFAULT_BLOCKS = 256;

/** Most blocks of a map; more would be a matrix. The core has the same limit. */
export const MAX_BLOCKS = 1024;

const whole = (min: number) => z.preprocess(parseNumber, z.int().min(min));
const integers = z.array(z.int().min(0)).transform((list) => [...new Set(list)].sort((a, b) => a - b));
const someIntegers = integers.refine((list) => list.length > 0);

const schema = z.strictObject({
  model: z.string().min(1).describe('a folder, org/name[@revision] on the Hub, or the name of a fetched model'),
  text: z.string().min(1).optional().describe('a text that is not empty'),
  ids: z.custom<ArrayLike<number>>(isArrayLike).optional().describe('a list of token ids'),
  start: whole(0).default(0).describe('a whole number of tokens from 0'),
  window: whole(1).default(32_768).describe('a whole number of tokens, at least 1'),
  layers: z
    .preprocess(parseIntegerList, z.union([z.literal('all'), someIntegers]))
    .default([0])
    .describe('a layer number from 0, a list such as 0,7, or all'),
  heads: z
    .preprocess(parseIntegerList, z.union([z.literal('all'), z.literal('mean'), someIntegers]))
    .default('all')
    .describe('all, mean (over all heads), or a list of head numbers such as 0,3'),
  rows: z.preprocess(parseIntegerList, integers).default([]).describe('a list of rows such as 100,2000'),
  map: z
    .preprocess(parseNumber, z.union([z.literal(false), z.int().min(1).max(MAX_BLOCKS)]))
    .optional()
    .describe(`false, or a whole number of blocks from 1 to ${MAX_BLOCKS}`),
  threads: whole(0).default(0).describe('a whole number, 0 for all cores'),
  device: z.string().min(1).default('cpu').describe('cpu, cuda, cuda:i with i from 0, or cuda:all'),
  dtype: z.enum(['float32', 'weights']).default('float32').describe('float32 or weights'),
  ropeTheta: z.preprocess(parseNumber, z.number().positive()).optional().describe('a positive number'),
});

export type ParsedOptions = z.output<typeof schema>;

/**
 * @throws LongattnError INVALID_OPTION naming the option, the value and what is allowed, or MISSING_OPTION
 */
export function parseAttentionOptions(raw: Readonly<Record<string, unknown>>): ParsedOptions {
  const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  const result = schema.safeParse(given);
  if (!result.success) throw explain(result.error.issues[0]!, given);
  const options = result.data;
  if ((options.text === undefined) === (options.ids === undefined)) {
    const what = options.text === undefined ? 'text or ids is missing' : 'text and ids must not both be given';
    throw new LongattnError('MISSING_OPTION', 'usage', `${what}. Give one of them: it is what the model reads.`);
  }
  return options;
}

function explain(issue: z.core.$ZodIssue, given: Record<string, unknown>): LongattnError {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    const known = Object.keys(schema.shape).join(', ');
    return new LongattnError('INVALID_OPTION', 'usage', `Unknown option ${issue.keys.join(', ')}. Known: ${known}.`);
  }
  const name = String(issue.path[0]) as keyof typeof schema.shape;
  const allowed = schema.shape[name].description ?? issue.message;
  if (given[name] !== undefined) return invalid(name, given[name], allowed);
  return new LongattnError('MISSING_OPTION', 'usage', `${name} is missing. It must be ${allowed}.`);
}

function isArrayLike(value: unknown): boolean {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}
