// What a score is: numbers a window, then one combination over a whole domain.
import { whenStored, type Extra, type Statistic } from '../base/statistics.js';
import type { LayerView } from './layer-view.js';
import type { Standard } from './standardize.js';

export interface CombineSettings {
  alpha: number;
  std: Standard;
}

/** A score over the stored attention statistics of one layer. Higher must mean: more long-range dependency. */
export interface AttentionScore {
  name: string;
  /** As a person writes it; shown by `--help` and in reports. */
  formula: string;
  source: string;
  /** True when another k or other heads would give the same number: reports then list it once. */
  ignoresK?: boolean;
  ignoresHeads?: boolean;
  /**
   * What `components` reads of `view.row`, also through `view.content` and its like. Nothing else is read from the disk, and a run that
   * does not store it is refused. Default: all that is always stored.
   */
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
  more: Pick<AttentionScore, 'ignoresK' | 'ignoresHeads' | 'reads'> = {},
): AttentionScore {
  const components = (view: LayerView): number[] => [value(view)];
  return { name, formula, source, components, combine: ([column]) => column!.slice(), ...more };
}

/** What a run must have stored on request for this score. */
export function extrasOf({ reads = [] }: Pick<AttentionScore, 'reads'>): Set<Extra> {
  return new Set(reads.flatMap((name) => whenStored(name) ?? []));
}
