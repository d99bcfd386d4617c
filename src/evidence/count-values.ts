// The count scores for one corpus: they see every window of their domain once, then give a number for any window.
import { invalid } from '../base/errors.js';
import type { Window } from '../base/records.js';
import type { CountScore, CountScorer, CountSettings, CountWindow } from '../scores/counts/count-score.js';

/** A column of numbers: a score at a k, or at any k where it ignores it. */
export interface CountColumn {
  score: CountScore;
  k: number | undefined;
}

export function countColumns(scores: readonly CountScore[], ks: readonly number[]): CountColumn[] {
  return scores.flatMap((score): CountColumn[] =>
    score.ignoresK ? [{ score, k: undefined }] : ks.map((k) => ({ score, k })),
  );
}

export class CountValues {
  private readonly domains = new Map<string, Map<string, CountScorer>>();

  constructor(
    readonly scores: readonly CountScore[],
    private readonly settings: CountSettings,
  ) {}

  /** Show a window of the corpus. */
  observe({ domain, tokenIds }: Pick<Window, 'domain' | 'tokenIds'>): void {
    for (const scorer of this.scorers(domain).values()) scorer.observe?.(tokenIds);
  }

  /** Once all windows of the domain were shown. @throws LongattnError INVALID_OPTION for a value that is no number */
  value(domain: string, score: string, window: CountWindow, k: number): number {
    const value = this.scorers(domain).get(score)!.value(window, k);
    if (Number.isNaN(value)) throw invalid(`the score ${score} of window ${window.windowId}`, value, 'a number');
    return value;
  }

  private scorers(domain: string): Map<string, CountScorer> {
    let scorers = this.domains.get(domain);
    if (!scorers) {
      scorers = new Map(this.scores.map((score) => [score.name, score.open(this.settings)]));
      this.domains.set(domain, scorers);
    }
    return scorers;
  }
}
