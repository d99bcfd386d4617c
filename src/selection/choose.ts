// From a score a window to rank, choice and reason, domain by domain. Pure: typed arrays in, typed arrays out.
//
// The rank is always that of the score. With a temperature the windows come in another order to be chosen.
import { temper } from './guards/temper.js';
import { unitHashBytes } from '../base/random.js';
import { rankDescending } from '../base/rank.js';
import { budgetOf, checkQuota, DEFAULT_SEED, guardsOf, type KeepSettings } from './budget.js';
import { gather } from './gather.js';
import type { Limit } from './guards/limits.js';
import type { TextStore } from './text-store.js';
import type { WindowTable } from './window-table.js';

/** What choosing needs of the windows: the page has it without their ids as bytes. */
export type ChoiceTable = Pick<
  WindowTable,
  'length' | 'window' | 'domains' | 'domainNames' | 'documents' | 'starts' | 'byDomain'
> & {
  readonly ids: Pick<TextStore, 'compare' | 'bytes'>;
  /** Tokens of each, where they are documents of different lengths. */
  readonly lengths?: Int32Array;
};

/** Reasons by number; number 0 is the only one of a kept window. */
export interface Choice {
  /** 1 = best of the domain. */
  rank: Int32Array;
  /** Index into `reasons`. */
  reason: Uint8Array;
  reasons: string[];
  /** Lowest score of the kept windows of each domain, NaN where none is kept. */
  cuts: Float64Array;
}

/** Separates the draw from the score `random`, which comes from the same seed and ids. */
const DRAW = 0x5eed;
/** Until it is known why a window is left. */
const UNDECIDED = 255;

/**
 * @param scores a finite number a window
 * @param repeats share of each window inside a verbatim repeat; needed where `maxRepeats` is below 1
 * @throws LongattnError INVALID_OPTION for quotas that do not fit the domains
 */
export function choose(
  table: ChoiceTable,
  scores: Float64Array,
  settings: KeepSettings,
  repeats?: Float64Array,
): Choice {
  checkQuota(settings, table.domainNames);
  const rank = new Int32Array(table.length);
  const reason = new Uint8Array(table.length).fill(UNDECIDED);
  const reasons = ['kept'];
  const cuts = new Float64Array(table.domainNames.length).fill(NaN);
  const byId = (a: number, b: number): number => table.ids.compare(a, b);
  table.byDomain().forEach((windows, domain) => {
    const ranked = rankDescending(scores, windows, byId);
    for (let i = 0; i < ranked.length; i++) rank[ranked[i]!] = i + 1;
    const order = settings.temperature ? draw(scores, windows, table, settings) : ranked;
    const { room, reason: full, tokens } = budgetOf(table.domainNames[domain]!, windows.length, settings, table);
    let lowest = Infinity;
    let taken = 0;
    const guards = guardsOf(settings, table, repeats, tokens);
    for (let i = 0; i < order.length && taken < room; i++) {
      const window = order[i]!;
      const refused = firstRefusal(guards, window);
      if (refused) {
        reason[window] = indexOfReason(reasons, refused.reason);
        continue;
      }
      for (let g = 0; g < guards.length; g++) guards[g]!.take(window);
      reason[window] = 0;
      lowest = Math.min(lowest, scores[window]!);
      taken++;
    }
    if (taken > 0) cuts[domain] = lowest;
    if (taken === room) fillUndecided(reason, windows, indexOfReason(reasons, full));
  });
  return { rank, reason, reasons, cuts };
}

/** Windows in the order of a draw without replacement. */
function draw(scores: Float64Array, windows: Uint32Array, { ids }: ChoiceTable, settings: KeepSettings): Uint32Array {
  const { temperature, seed = DEFAULT_SEED } = settings;
  const noise = (i: number): number => unitHashBytes(seed ^ DRAW, ids.bytes(windows[i]!));
  const tempered = new Float64Array(scores.length);
  const values = temper(gather(scores, windows), temperature!, noise);
  for (let i = 0; i < windows.length; i++) tempered[windows[i]!] = values[i]!;
  return rankDescending(tempered, windows, (a, b) => ids.compare(a, b));
}

/** By index: this runs once a window, and an iterator makes an object for each. */
function firstRefusal(guards: readonly Limit[], window: number): Limit | undefined {
  for (let g = 0; g < guards.length; g++) if (!guards[g]!.admits(window)) return guards[g];
  return undefined;
}

function fillUndecided(reason: Uint8Array, windows: Uint32Array, full: number): void {
  for (let i = 0; i < windows.length; i++) if (reason[windows[i]!] === UNDECIDED) reason[windows[i]!] = full;
}

function indexOfReason(reasons: string[], reason: string): number {
  const index = reasons.indexOf(reason);
  return index >= 0 ? index : reasons.push(reason) - 1;
}
