// What a score is: numbers a window, then one combination over a whole domain.
import type { LayerStatistics, LayerView } from './layer-view.js';
import type { Standard } from './standardize.js';

export interface CombineSettings {
  alpha: number;
  std: Standard;
}

/** What a score may read of a row: statistics a head, and DS and variance at any k (`view.ds`, `view.variance`). */
export type Statistic = Exclude<keyof LayerStatistics, 'length' | 'k'>;

/** A score over the stored attention statistics of one layer. Higher must mean: more long-range dependency. */
export interface AttentionScore {
  name: string;
  /** As a person writes it; shown by `--help` and in reports. */
  formula: string;
  source: string;
  /** True when it reads `token_ds`, which only `--tokens` stores. */
  needsTokens?: boolean;
  /** True when it reads `loss` and `near_loss`, which only `--losses` stores. */
  needsLosses?: boolean;
  /** True when another k or other heads would give the same number: reports then list it once. */
  ignoresK?: boolean;
  ignoresHeads?: boolean;
  /** What `components` reads of `view.row`, also through `view.content` and its like; default all. Nothing else is read from the disk. */
  reads?: readonly Statistic[];
  /** Numbers of one window, before it is compared with any other; always the same count. */
  components(view: LayerView): number[];
  /**
   * @param columns one array a component, all windows of one domain
   * @returns one number a window
   */
  combine(columns: readonly Float64Array[], settings: CombineSettings): Float64Array;
}

/** A score that is one number a window and needs no domain. */
export function plainScore(
  name: string,
  formula: string,
  source: string,
  value: (view: LayerView) => number,
  more: Pick<AttentionScore, 'ignoresK' | 'ignoresHeads' | 'reads' | 'needsTokens' | 'needsLosses'> = {},
): AttentionScore {
  const components = (view: LayerView): number[] => [value(view)];
  return { name, formula, source, components, combine: ([column]) => column!.slice(), ...more };
}
