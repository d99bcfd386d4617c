// How a selection is made, besides its settings.
import type { OnProgress } from '../base/events.js';
import type { LedgerCheck } from '../run/ledger.js';

export interface SelectionOptions {
  /** Default: the sha256 of each part, once (src/run/verified-parts.ts). */
  check?: LedgerCheck;
  /** It is kept as selection/NAME.arrow, beside the one without a name. Default: `selection`. */
  name?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Told of the counts of an older run, which cost a pass over its token ids. */
  onProgress?: OnProgress | undefined;
}
