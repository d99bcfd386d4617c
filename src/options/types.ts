// Types of option values: each takes a value as text ("12.5%", "2GiB", "0,7") or typed (0.125, 2**31, [0, 7]).
//
// So the command line, the environment and a config file need no parsers of their own.
import { z } from 'zod';
import { TOKEN_READERS } from './export-formats.js';
import { parseBytes, parseCount, parseDuration, parseFraction, parseIntegerList, parseNumber } from '../base/units.js';

export const text = z.string().min(1);
/** Names a file: no path, no ending. */
export const selectionName = z.string().regex(/^(?!selection$)[\w-]{1,64}$/);
export const anyText = z.string();
export const flag = z.preprocess(parseFlag, z.boolean());
export const integer = z.preprocess(parseNumber, z.int());
export const number = z.preprocess(parseNumber, z.number());
export const numberFrom = (min: number) => z.preprocess(parseNumber, z.number().min(min));
export const positive = z.preprocess(parseNumber, z.number().positive());
export const whole = (min: number) => z.preprocess(parseNumber, z.int().min(min));
export const share = z.preprocess(parseFraction, z.number().min(0).max(1));
export const count = z.preprocess(parseCount, z.int().min(0));
export const positiveCount = z.preprocess(parseCount, z.number().positive());
export const duration = z.preprocess(parseDuration, z.number().positive());
export const bytes = z.preprocess(parseBytes, z.int().min(0));
export const dtype = z.enum(['float32', 'weights']);

const integers = z.array(z.int().min(0)).min(1);
/** Ascending, each once, where it comes as text. */
export const integersOrAll = z.preprocess(parseIntegerList, z.union([z.literal('all'), integers]));
export const words = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value),
  z.array(text).min(1),
);

export const readers = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value),
  z.array(z.enum(TOKEN_READERS)).min(1),
);

/** k: a number of tokens, or a rule of the window's length. */
export const distance = z.preprocess(
  parseNumber,
  z.union([z.literal('quarter'), z.literal('authors'), z.int().min(0)]),
);

/** `key.of.config=value` with a value in JSON (text, where it is none), or an object of them. */
export const configOverride = z.preprocess(
  parseOverride,
  z.record(text.regex(/^[^.]+(\.[^.]+)*$/), z.json()).refine((paths) => Object.keys(paths).length > 0),
);

/** Where documents come from. Without `domain` every file's domain comes from `domainField`. */
const oneInput = z.preprocess(
  (value) => (typeof value === 'string' ? parseInput(value) : value),
  z.strictObject({ domain: text.optional(), patterns: z.array(text).min(1) }),
);
export const inputs = z.preprocess(
  (value) => (Array.isArray(value) ? (value as unknown[]) : [value]),
  z.array(oneInput).min(1),
);

export const quotas = z.preprocess(parseQuotas, z.record(text, z.number().min(0)));

export const shard = z.preprocess(
  parseShard,
  z.object({ index: z.int().min(1), count: z.int().min(1) }).refine(({ index, count }) => index <= count),
);

export const device = z.string().regex(/^(cpu|cuda:all|cuda(:\d{1,4})?(,cuda(:\d{1,4})?)*)$/);

/** `book=moby.txt` or `moby.txt`; a comma does not separate paths, a repeated flag does. */
function parseInput(value: string): { domain?: string; patterns: string[] } {
  const at = value.indexOf('=');
  const domain = at > 0 ? value.slice(0, at) : undefined;
  // A "=" after a path separator belongs to the path (such as data/year=2024/x.parquet).
  if (domain === undefined || /[/\\*]/.test(domain)) return { patterns: [value] };
  return { domain, patterns: [value.slice(at + 1)] };
}

function parseOverride(value: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) return value;
  const pairs = [value].flat().map((pair) => (typeof pair === 'string' ? /^([^=]+)=(.*)$/s.exec(pair) : null));
  if (pairs.some((pair) => pair === null)) return value;
  const paths = pairs.map((pair) => pair![1]!);
  // Which of two would win nobody can tell.
  if (new Set(paths).size < paths.length) return value;
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, parseJsonOrText(pair![2]!)]));
}

function parseJsonOrText(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function parseFlag(value: unknown): unknown {
  return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value;
}

function parseShard(value: unknown): unknown {
  const match = typeof value === 'string' ? /^(\d+)\/(\d+)$/.exec(value) : null;
  return match ? { index: Number(match[1]), count: Number(match[2]) } : value;
}

/** `book=60%,code=40%`; names that hold "=" or "," come in an object as JSON. */
function parseQuotas(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith('{')) return parseJsonOrText(value);
  if (typeof value !== 'string') return value;
  const pairs = value.split(',').map((pair) => pair.split('='));
  return Object.fromEntries(pairs.map(([domain, part]) => [domain ?? '', parseFraction(part)]));
}
