// The limits of one domain from what the user asked for: a share of its windows, a token budget, or its quota of one budget.
import { LongattnError, show } from '../errors.js';
import { countLimit, countOfShare, overlapLimit, tokenLimit, type Limit } from './limits.js';
import type { WindowTable } from './window-table.js';

export interface KeepSettings {
  /** Share of the windows of each domain, 0..1. Either this or `keepTokens`. */
  keep?: number | undefined;
  /** Token budget of each domain, or of all domains together where `quota` divides it. */
  keepTokens?: number | undefined;
  /** Share of `keepTokens` by domain, in all at most 1. */
  quota?: Readonly<Record<string, number>> | undefined;
  /** Largest share of a window that a better kept window of its document may cover; 1 allows all. */
  maxOverlap: number;
}

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
  if (problem) throw new LongattnError('INVALID_OPTION', 'usage', `quota must not ${problem}.`);
}

/** @param windows how many the domain has */
export function limitsOf(domain: string, windows: number, settings: KeepSettings, table: WindowTable): Limit[] {
  const { keep, keepTokens, quota, maxOverlap } = settings;
  const limits =
    keepTokens === undefined
      ? [countLimit(countOfShare(keep ?? 1, windows))]
      : [tokenLimit(quota ? Math.round(keepTokens * quota[domain]!) : keepTokens, table.window)];
  if (maxOverlap < 1) limits.push(overlapLimit(maxOverlap, table.documents, table.starts, table.window));
  return limits;
}
