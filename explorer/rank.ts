// Ranking in the page, by the code of `longattn select`: what it keeps is what the command would keep.
import { combine } from '../src/selection/combine.js';
import { choose, type Choice, type ChoiceTable } from '../src/selection/choose.js';
import { longattn } from '../src/scores/attention/longattn.js';
import type { KeepSettings } from '../src/selection/budget.js';
import type { PageScore } from '../src/report/page-data.js';

export interface RankSettings extends KeepSettings {
  /** Of a score from DS and DU. */
  alpha: number;
}

export interface Ranked extends Choice {
  values: Float64Array;
}

/** The windows of a page as the selection sees them. */
export class PageTable implements ChoiceTable {
  readonly length: number;
  readonly ids: ChoiceTable['ids'];
  #byDomain: Uint32Array[] | undefined;

  /** @param order place of each window among all by its id */
  constructor(
    readonly window: number,
    readonly domainNames: string[],
    readonly domains: Uint16Array,
    readonly documents: Int32Array,
    readonly starts: Int32Array,
    order: Uint32Array,
  ) {
    this.length = domains.length;
    this.ids = {
      compare: (a, b) => order[a]! - order[b]!,
      bytes: () => {
        throw new Error('the page draws nothing');
      },
    };
  }

  byDomain(): readonly Uint32Array[] {
    if (this.#byDomain) return this.#byDomain;
    const counts = new Uint32Array(this.domainNames.length);
    for (const domain of this.domains) counts[domain]!++;
    const positions = Array.from(counts, (count) => new Uint32Array(count));
    counts.fill(0);
    for (let i = 0; i < this.length; i++) positions[this.domains[i]!]![counts[this.domains[i]!]!++] = i;
    return (this.#byDomain = positions);
  }
}

/**
 * @param columns DS and DU, or the value, one number a window
 * @param repeats share of each window inside verbatim repeats
 */
export function rank(
  table: ChoiceTable,
  score: PageScore,
  columns: readonly Float64Array[],
  settings: RankSettings,
  repeats: Float64Array,
): Ranked {
  const single = { kind: 'attention' as const, score: longattn };
  const values =
    score.kind === 'lds'
      ? combine(table, single, [{ score: single, columns }], { alpha: settings.alpha, std: score.std })
      : columns[0]!;
  return { ...choose(table, values, settings, repeats), values };
}
