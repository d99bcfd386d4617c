// From a score a window to rank, choice and reason, domain by domain. Pure: typed arrays in, typed arrays out.
import { checkQuota, limitsOf, type KeepSettings } from './budget.js';
import { gather } from './gather.js';
import { rankDescending } from './rank.js';
import type { Limit } from './limits.js';
import type { WindowTable } from './window-table.js';

/** Reasons by number; number 0 is the only one of a kept window. */
export interface Choice {
  /** 1 = best of the domain. */
  rank: Int32Array;
  /** Index into `reasons`. */
  reason: Uint8Array;
  reasons: string[];
  /** Score of the last kept window of each domain, NaN where none is kept. */
  cuts: Float64Array;
}

/**
 * @param scores a finite number a window
 * @throws LongattnError INVALID_OPTION for quotas that do not fit the domains
 */
export function choose(table: WindowTable, scores: Float64Array, settings: KeepSettings): Choice {
  checkQuota(settings, table.domainNames);
  const rank = new Int32Array(table.length);
  const reason = new Uint8Array(table.length);
  const reasons = ['kept'];
  const cuts = new Float64Array(table.domainNames.length).fill(NaN);
  table.byDomain().forEach((windows, domain) => {
    const values = gather(scores, windows);
    const order = rankDescending(values, (a, b) => table.ids.compare(windows[a]!, windows[b]!));
    const limits = limitsOf(table.domainNames[domain]!, windows.length, settings, table);
    for (let i = 0; i < order.length; i++) {
      const window = windows[order[i]!]!;
      rank[window] = i + 1;
      const refused = firstRefusal(limits, window);
      if (refused) {
        reason[window] = indexOfReason(reasons, refused.reason);
        continue;
      }
      for (const limit of limits) limit.take(window);
      cuts[domain] = scores[window]!;
    }
  });
  return { rank, reason, reasons, cuts };
}

/** A loop: this runs once a window, ten million times. */
function firstRefusal(limits: readonly Limit[], window: number): Limit | undefined {
  for (const limit of limits) if (!limit.admits(window)) return limit;
  return undefined;
}

function indexOfReason(reasons: string[], reason: string): number {
  const index = reasons.indexOf(reason);
  return index >= 0 ? index : reasons.push(reason) - 1;
}
