// The one typed configuration and its validation funnel: CLI flags, environment, config file and Node options all end here.
//
// A value may arrive as text ("12.5%", "1.5B", "2GiB", "0,7") or typed (0.125, 1.5e9, [0, 7]): both are accepted everywhere,
// so that the CLI, the environment and the config file need no parsers of their own.
import { z } from 'zod';
import { invalid, LongattnError } from '../base/errors.js';
import { parseBytes, parseCount, parseFraction, parseIntegerList, parseNumber as numeric } from '../base/units.js';

const wholeNumber = (min: number) => z.preprocess(numeric, z.int().min(min));
const optionalText = z.string().min(1).optional();

/** Where documents come from. Without `domain` every file's domain comes from `domainField`. */
const inputSchema = z.preprocess(
  (value) => (typeof value === 'string' ? parseInput(value) : value),
  z.strictObject({ domain: z.string().min(1).optional(), patterns: z.array(z.string().min(1)).min(1) }),
);

const schema = z.strictObject({
  input: z
    .preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), z.array(inputSchema).min(1))
    .describe('one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder or a glob'),
  model: z
    .string()
    .min(1)
    .describe(
      'a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model',
    ),
  output: z.string().min(1).describe('the path of the run directory'),
  window: wholeNumber(1).default(32_768).describe('a whole number of tokens, at least 1'),
  layer: z
    .preprocess(parseIntegerList, z.union([z.literal('all'), z.array(z.int().min(0)).min(1)]))
    .default([0])
    .describe('a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation)'),
  k: z
    .preprocess(numeric, z.union([z.literal('quarter'), z.literal('authors'), z.int().min(0)]))
    .default('quarter')
    .describe('a whole number of tokens from 0, "quarter" (floor(L/4)) or "authors" (L - 3*floor(L/4))'),
  ropeTheta: z.preprocess(numeric, z.number().positive()).optional().describe('a positive number'),
  tokens: z.preprocess(boolean, z.boolean()).default(false).describe('true or false'),
  losses: z.preprocess(boolean, z.boolean()).default(false).describe('true or false'),
  dtype: z
    .enum(['float32', 'weights'])
    .default('float32')
    .describe("float32, or weights: the type of the model's weights"),
  textField: optionalText.describe('the name of a column'),
  idField: optionalText.describe('the name of a column'),
  idsField: optionalText.describe('the name of a column of token ids'),
  domainField: optionalText.describe('the name of a column'),
  limit: wholeNumber(1).optional().describe('a whole number of documents a domain, at least 1'),
  maxRejectRate: z
    .preprocess(parseFraction, z.number().min(0).max(1))
    .default(0.01)
    .describe('a share from 0 to 1, or 0% to 100%'),
  allowRefusedFiles: z.preprocess(boolean, z.boolean()).default(false).describe('true or false'),
  zstdWindow: z
    .preprocess(parseBytes, z.int().min(1024))
    .default(1 << 27)
    .describe('a number of bytes such as 128MiB or 2GiB'),
  join: z.string().default('\n\n').describe('text'),
  maxDocument: z
    .preprocess(parseBytes, z.int().min(1))
    .default(8 << 20)
    .describe('a number of bytes such as 8MiB or 1GiB'),
  specialTokens: z.enum(['parse', 'text']).default('parse').describe('parse or text'),

  score: z.string().min(1).default('longattn').describe('the name of a score'),
  alpha: z.preprocess(numeric, z.number()).default(0.5).describe('a number'),
  std: z.enum(['zscore', 'minmax']).default('zscore').describe('zscore or minmax'),
  selectK: wholeNumber(0).optional().describe('a whole number of tokens that is a stored bin edge, floor(j*L/32)'),
  selectLayer: wholeNumber(0).optional().describe('one of the scored layers'),
  heads: z
    .preprocess(parseIntegerList, z.union([z.literal('all'), z.array(z.int().min(0)).min(1)]))
    .default('all')
    .describe('all, a list of head numbers such as 3,7, or auto (with the choice file of a validation)'),
  keep: z.preprocess(parseFraction, z.number().min(0).max(1)).optional().describe('a share from 0 to 1, or 0% to 100%'),
  keepTokens: z
    .preprocess(parseCount, z.int().min(0))
    .optional()
    .describe('a number of tokens such as 1500000 or 1.5B'),
  quota: z
    .preprocess(parseQuotas, z.record(z.string().min(1), z.number().min(0)))
    .optional()
    .describe('DOMAIN=SHARE pairs such as book=60%,code=40%'),
  maxOverlap: z
    .preprocess(parseFraction, z.number().min(0).max(1))
    .default(1)
    .describe('a share of a window from 0 to 1'),
  maxPerDocument: wholeNumber(1).optional().describe('a whole number of windows, at least 1'),
  temperature: z
    .preprocess(numeric, z.number().min(0))
    .default(0)
    .describe('a number of standard deviations of the score, at least 0'),
  seed: z.preprocess(numeric, z.int()).default(1).describe('a whole number'),
  report: z.preprocess(boolean, z.boolean()).default(false).describe('true or false'),
  format: z.enum(['hf', 'arrow', 'jsonl']).default('hf').describe('hf, arrow or jsonl'),

  threads: wholeNumber(0).default(0).describe('a whole number, 0 for all cores'),
  workers: wholeNumber(1).default(1).describe('a whole number of parts at work at once, at least 1'),
  batch: wholeNumber(1).default(4).describe('a whole number of windows a device, at least 1'),
  memory: z
    .preprocess(parseBytes, z.int().min(0))
    .default(1 << 30)
    .describe('a number of bytes such as 512MiB or 2GiB'),
  device: z
    .string()
    .regex(/^(cpu|cuda:all|cuda(:\d{1,4})?(,cuda(:\d{1,4})?)*)$/)
    .default('cpu')
    .describe('cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all'),
  shard: z
    .preprocess(
      parseShard,
      z.object({ index: z.int().min(1), count: z.int().min(1) }).refine((s) => s.index <= s.count),
    )
    .optional()
    .describe('i/n with i from 1 to n, such as 2/8'),

  /** Where a choice of layer and heads comes from: as `validate` writes it into choice.json. */
  _found: z
    .looseObject({
      model: z.looseObject({ path: z.string(), revision: z.string() }),
      chosen: z.looseObject({
        layer: z.array(z.int().min(0)).min(1),
        heads: z.union([z.literal('all'), z.array(z.int().min(0)).min(1)]),
      }),
    })
    .optional()
    .describe('as `longattn validate` wrote it: take the whole file'),
});

/** What a user may give. */
export type SpecInput = { [K in keyof z.input<typeof schema>]?: unknown };
/** What the pipeline works with: complete and checked. */
export type Spec = z.output<typeof schema>;

/** How the model of a spec is opened, whatever the layers. */
export function modelOptions({ ropeTheta, dtype }: Pick<Spec, 'ropeTheta' | 'dtype'>): {
  ropeTheta?: number;
  forward: 'float32' | 'weights';
} {
  return { forward: dtype, ...(ropeTheta !== undefined && { ropeTheta }) };
}

/**
 * Check, default and normalise options.
 * @throws LongattnError INVALID_OPTION naming the option, the value and what is allowed
 */
export function parseSpec(raw: SpecInput): Spec {
  const given = fromChoice(
    // Other names that begin with "_" are notes in a config file.
    Object.fromEntries(
      Object.entries(raw).filter(
        ([name, value]) => value !== undefined && (name === '_found' || !name.startsWith('_')),
      ),
    ),
  );
  const result = schema.safeParse(given);
  if (!result.success) throw explain(result.error.issues[0]!, given);
  const spec = result.data;
  if (spec.keep !== undefined && spec.keepTokens !== undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      'usage',
      'keep and keepTokens must not both be given. Choose a share or a token budget.',
    );
  }
  if (spec.keep === undefined && spec.keepTokens === undefined) spec.keep = 0.125;
  if (spec.quota && spec.keepTokens === undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      'usage',
      'quota must not be given without keepTokens. Give the budget that it divides.',
    );
  }
  // One domain where nobody names any.
  if (!spec.domainField) spec.input.forEach((input) => (input.domain ??= 'all'));
  return spec;
}

/** `auto` is what a validation chose. @throws LongattnError CHOICE_MISSING */
function fromChoice(given: Record<string, unknown>): Record<string, unknown> {
  const chosen = (given['_found'] as { chosen?: Record<string, unknown> } | undefined)?.chosen;
  const resolved = { ...given };
  for (const name of ['layer', 'heads']) {
    if (given[name] !== 'auto') continue;
    if (chosen?.[name] === undefined) {
      throw new LongattnError(
        'CHOICE_MISSING',
        'usage',
        `${name} must not be "auto" without a choice. Give --config with the file evidence/choice.json that \`longattn validate -o DIR\` writes into DIR, or name ${name === 'layer' ? 'a layer' : 'heads'}.`,
      );
    }
    resolved[name] = chosen[name];
  }
  return resolved;
}

function explain(issue: z.core.$ZodIssue, given: Record<string, unknown>): LongattnError {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    const known = Object.keys(schema.shape).join(', ');
    return new LongattnError('INVALID_OPTION', 'usage', `Unknown option ${issue.keys.join(', ')}. Known: ${known}.`);
  }
  const name = String(issue.path[0]) as keyof typeof schema.shape;
  const allowed = schema.shape[name].description ?? issue.message;
  if (given[name] === undefined) {
    return new LongattnError('MISSING_OPTION', 'usage', `${name} is missing. It must be ${allowed}.`);
  }
  return invalid(name, given[name], allowed);
}

/** `book=moby.txt` or `moby.txt`; a comma does not separate paths, a repeated flag does. */
function parseInput(text: string): { domain?: string; patterns: string[] } {
  const at = text.indexOf('=');
  const domain = at > 0 ? text.slice(0, at) : undefined;
  // A "=" after a path separator belongs to the path (such as data/year=2024/x.parquet).
  if (domain === undefined || /[/\\*]/.test(domain)) return { patterns: [text] };
  return { domain, patterns: [text.slice(at + 1)] };
}

function boolean(value: unknown): unknown {
  return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value;
}

function parseShard(value: unknown): unknown {
  const match = typeof value === 'string' ? /^(\d+)\/(\d+)$/.exec(value) : null;
  return match ? { index: Number(match[1]), count: Number(match[2]) } : value;
}

function parseQuotas(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const pairs = value.split(',').map((pair) => pair.split('='));
  return Object.fromEntries(pairs.map(([domain, share]) => [domain ?? '', parseFraction(share)]));
}
