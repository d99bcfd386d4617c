// How many windows of a domain may be kept, from what the user asked for: a share of its windows, a token budget, or its quota of one.
import { LongattnError, show } from '../base/errors.js';
import { documentLimit } from './guards/document-limit.js';
import { countOfShare, overlapLimit, type Limit } from './guards/limits.js';
import { repeatsLimit } from './guards/repeats-limit.js';
import { tokenLimit } from './guards/token-limit.js';
import type { WindowTable } from './window-table.js';

/** Tokens of each, where what is chosen has lengths of its own. */
interface Lengths {
  readonly lengths?: Int32Array;
}

export interface KeepSettings {
  /** Share of the windows of each domain, 0..1. Either this or `keepTokens`. */
  keep?: number | undefined;
  /** Token budget of each domain, or of all domains together where `quota` divides it. */
  keepTokens?: number | undefined;
  /** Share of `keepTokens` by domain, in all at most 1. */
  quota?: Readonly<Record<string, number>> | undefined;
  /** Largest share of a window that a better kept window of its document may cover; 1 allows all. */
  maxOverlap: number;
  /** Most windows kept of one document, >= 1; default all. */
  maxPerDocument?: number | undefined;
  /** Largest share of a window inside a verbatim repeat of 64 tokens or more; 1 allows all. Default: by the score. */
  maxRepeats?: number | undefined;
  /** T >= 0 in standard deviations of the domain's score: windows are drawn, not cut off. 0 or absent: the best are kept. */
  temperature?: number | undefined;
  /** Of the draw; default 1. */
  seed?: number | undefined;
}

export const DEFAULT_SEED = 1;

/** @throws LongattnError INVALID_OPTION when the quotas and the domains of the corpus do not agree */
export function checkQuota({ quota }: KeepSettings, domains: readonly string[]): void {
  if (!quota) return;
  const unknown = Object.keys(quota).filter((domain) => !domains.includes(domain));
  const missing = domains.filter((domain) => !Object.hasOwn(quota, domain));
  const total = Object.values(quota).reduce((a, b) => a + b, 0);
  const problem =
    unknown.length > 0
      ? `name ${unknown.map(show).join(', ')}: the corpus has ${domains.map(show).join(', ')}`
      : missing.length > 0
        ? `leave out ${missing.map(show).join(', ')}: give every domain a share, 0% for none`
        : total > 1 + 1e-9
          ? `add up to ${(100 * total).toFixed(1)}%: it must be 100% at most`
          : undefined;
  if (problem) throw new LongattnError('INVALID_OPTION', `quota must not ${problem}.`);
}

export interface Budget {
  /** Windows to keep at most. */
  room: number;
  /** Why a window is not kept once the room is full. */
  reason: string;
  /** The budget, where it is no number of windows: what is chosen has lengths of its own. */
  tokens?: number;
}

/** @param windows how many the domain has */
export function budgetOf(
  domain: string,
  windows: number,
  settings: KeepSettings,
  { window, lengths }: Pick<WindowTable, 'window'> & Lengths,
): Budget {
  const { keep, keepTokens, quota, temperature } = settings;
  if (keepTokens === undefined)
    return { room: countOfShare(keep ?? 1, windows), reason: temperature ? 'not drawn' : 'below the cut' };
  const tokens = quota ? Math.round(keepTokens * quota[domain]!) : keepTokens;
  if (lengths) return { room: windows, reason: 'over the token budget', tokens };
  return { room: Math.floor(tokens / window), reason: 'over the token budget' };
}

/**
 * Guard rails of one domain: each remembers what was taken.
 * @param repeats share of each window inside a repeat; needed where `maxRepeats` is below 1
 * @param tokens of the budget, where the table has lengths
 */
export function guardsOf(
  { maxOverlap, maxPerDocument, maxRepeats = 1 }: KeepSettings,
  table: Pick<WindowTable, 'documents' | 'starts' | 'window'> & Lengths,
  repeats?: Float64Array,
  tokens?: number,
): Limit[] {
  return [
    ...(maxRepeats < 1 && repeats ? [repeatsLimit(maxRepeats, repeats)] : []),
    ...(maxPerDocument === undefined ? [] : [documentLimit(maxPerDocument, table.documents)]),
    ...(tokens !== undefined && table.lengths ? [tokenLimit(tokens, table.lengths)] : []),
    ...(maxOverlap < 1 ? [overlapLimit(maxOverlap, table.documents, table.starts, table.window)] : []),
  ];
}
