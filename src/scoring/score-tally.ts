// How many windows are scored, of those that are known of: the total grows while windows are still cut.
import type { OnProgress } from '../base/events.js';

export class ScoreTally {
  private readonly known = new Map<number, number>();
  private pending: ReadonlySet<number> | undefined;
  private completed = 0;
  private total = 0;

  /** @param parts how many there will be */
  constructor(
    private readonly parts: number,
    private readonly onProgress: OnProgress | undefined,
  ) {}

  /** The windows of a part are there. */
  found(part: number, windows: number): void {
    this.known.set(part, windows);
    this.total += windows;
    if (this.pending && !this.pending.has(part)) this.completed += windows;
    this.report();
  }

  /** All parts but these are scored already. Nothing is reported before this is known. */
  start(pending: readonly number[]): void {
    this.pending = new Set(pending);
    for (const [part, windows] of this.known) if (!this.pending.has(part)) this.completed += windows;
    this.report();
  }

  scored(windows: number): void {
    this.completed += windows;
    this.report();
  }

  private report(): void {
    if (!this.pending) return;
    const { completed, total } = this;
    const growing = this.known.size < this.parts && { growing: true as const };
    this.onProgress?.({ type: 'progress', stage: 'scores', unit: 'windows', completed, total, ...growing });
  }
}
