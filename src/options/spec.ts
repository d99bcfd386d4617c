// The options of a run, checked as a whole: what one option says of another stands here, all else in the table.
import { z } from 'zod';
import { resolveDistance, type DistanceRule } from '../base/distance.js';
import { invalid, LongattnError } from '../base/errors.js';
import { currentNames, parseRows } from './parse-rows.js';
import type { Parsed, RawOptions } from './row.js';
import type { RunOptions } from './run-options.js';
import { optionsOfModel } from './stage-rows.js';
import { RUN } from './table.js';

/** Where a choice of layer and heads comes from: as `validate` writes it into choice.json. */
const foundSchema = z.looseObject({
  model: z.looseObject({ path: z.string(), revision: z.string() }),
  chosen: z.looseObject({
    // A count has neither.
    layer: z.array(z.int().min(0)).min(1).optional(),
    heads: z.union([z.literal('all'), z.array(z.int().min(0)).min(1)]).optional(),
  }),
  /** Absent in a choice of an earlier version. */
  certificate: z.looseObject({ sha256: z.string(), tells: z.boolean(), page: z.string() }).optional(),
});
export type ChoiceOrigin = z.output<typeof foundSchema>;

/** What the pipeline works with: complete and checked. */
export interface Spec extends Omit<Parsed<typeof RUN>, 'k' | 'keep'> {
  /** Tokens. */
  k: number;
  /** As it was given: this is what run.json and the metadata of scores keep. */
  kRule: DistanceRule;
  /** Undefined where a token budget is given. */
  keep: number | undefined;
  _found?: ChoiceOrigin;
}

/** How the model of a spec is opened, whatever the layers. */
export function modelOptions({
  ropeTheta,
  dtype,
  configOverride,
}: Pick<Spec, 'ropeTheta' | 'dtype' | 'configOverride'>): {
  ropeTheta?: number;
  dtype: 'float32' | 'weights';
  configOverride?: Spec['configOverride'];
} {
  return { dtype, ...(ropeTheta !== undefined && { ropeTheta }), ...(configOverride && { configOverride }) };
}

/**
 * Check, default and normalise options. Names that begin with "_" are notes of a config file.
 * @throws LongattnError INVALID_OPTION naming the option, the value and what is allowed; MISSING_OPTION, CHOICE_MISSING
 */
export function parseSpec(options: RunOptions): Spec {
  const { _found: found, ...raw } = options;
  const origin = found === undefined ? undefined : parseOrigin(found);
  const notes = (name: string): boolean => name.startsWith('_');
  const named = currentNames(RUN, Object.fromEntries(Object.entries(raw).filter(([name]) => !notes(name))));
  const given = fromChoice(named, origin);
  const parsed = parseRows(RUN, given);
  if (given['keep'] !== undefined && parsed.keepTokens !== undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      'keep and keepTokens must not both be given. Choose a share or a token budget.',
    );
  }
  if (parsed.quota && parsed.keepTokens === undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      'quota must not be given without keepTokens. Give the budget that it divides.',
    );
  }
  requireUnit(parsed, given);
  nameDomains(parsed);
  requireModelOrTokenizer(parsed);
  if (origin?.certificate?.tells === false && !parsed.forceChoice) {
    throw new LongattnError(
      'CHOICE_TELLS_NOTHING',
      'The choice was found to tell nothing: what it keeps is as good as chance (see the certificate beside it). Validate with more text, choose another score, or give --force-choice.',
    );
  }
  return {
    ...parsed,
    k: resolveDistance(parsed.k, parsed.window),
    kRule: parsed.k,
    keep: parsed.keepTokens === undefined ? parsed.keep : undefined,
    ...(origin && { _found: origin }),
  };
}

/** Options of windows say nothing of whole documents, and the other way round. @throws LongattnError INVALID_OPTION */
function requireUnit({ unit, maxOverlap }: Parsed<typeof RUN>, given: RawOptions): void {
  const ofWindows =
    given['maxPerDocument'] !== undefined ? 'maxPerDocument' : maxOverlap < 1 ? 'maxOverlap' : undefined;
  if (unit === 'document' && ofWindows) {
    throw new LongattnError(
      'INVALID_OPTION',
      `${ofWindows} must not be given with unit document, which keeps documents whole. Leave it out, or choose windows.`,
    );
  }
  if (unit === 'window' && given['aggregate'] !== undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      'aggregate must not be given without unit document: windows have scores of their own.',
    );
  }
}

/** A run has a model, which has a tokenizer unless another is given; or a tokenizer, or ready ids, and none of the options of a model. */
function requireModelOrTokenizer(parsed: Parsed<typeof RUN>): void {
  const { model, tokenizer, idsField } = parsed;
  if (model !== undefined) return;
  if (tokenizer === undefined && idsField === undefined) {
    throw new LongattnError(
      'MISSING_OPTION',
      `model is missing. It must be ${RUN.model.allowed}. For a score that needs none, such as last-recurrence-2, give tokenizer instead.`,
    );
  }
  const [vain] = optionsOfModel(parsed);
  if (vain === undefined) return;
  throw new LongattnError(
    'INVALID_OPTION',
    `${vain} must not be given without a model: it says how a model is read. Give --model, or leave it out.`,
  );
}

/** One domain where nobody names any. */
export function nameDomains<T extends Pick<Parsed<typeof RUN>, 'input' | 'domainField'>>(parsed: T): T {
  if (!parsed.domainField) parsed.input.forEach((input) => (input.domain ??= 'all'));
  return parsed;
}

function parseOrigin(value: unknown): ChoiceOrigin {
  const result = foundSchema.safeParse(value);
  if (!result.success) throw invalid('_found', value, 'as `longattn validate` wrote it: take the whole file');
  return result.data;
}

/** `auto` is what a validation chose. @throws LongattnError CHOICE_MISSING */
function fromChoice(given: RawOptions, origin: ChoiceOrigin | undefined): RawOptions {
  const chosen = { layers: origin?.chosen.layer, heads: origin?.chosen.heads };
  const resolved = { ...given };
  for (const name of ['layers', 'heads'] as const) {
    if (given[name] !== 'auto') continue;
    if (chosen[name] === undefined) {
      throw new LongattnError(
        'CHOICE_MISSING',
        `${name} must not be "auto" without a choice. Give --config with the file evidence/choice.json that \`longattn validate -o DIR\` writes into DIR, or name ${name}.`,
      );
    }
    resolved[name] = chosen[name];
  }
  return resolved;
}
