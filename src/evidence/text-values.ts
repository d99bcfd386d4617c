// The scores over token ids for one corpus: they see every window of their domain once, then give a number for any window.
import { invalid } from '../base/errors.js';
import type { Window } from '../base/records.js';
import type { TextScore, TextScorer, TextSettings, TextWindow } from '../scores/counts/text-score.js';

/** A column of numbers: a score at a k, or at any k where it ignores it. */
export interface TextColumn {
  score: TextScore;
  k: number | undefined;
}

export function textColumns(scores: readonly TextScore[], ks: readonly number[]): TextColumn[] {
  return scores.flatMap((score): TextColumn[] =>
    score.ignoresK ? [{ score, k: undefined }] : ks.map((k) => ({ score, k })),
  );
}

export class TextValues {
  private readonly domains = new Map<string, Map<string, TextScorer>>();

  constructor(
    readonly scores: readonly TextScore[],
    private readonly settings: TextSettings,
  ) {}

  /** Show a window of the corpus. */
  observe({ domain, tokenIds }: Pick<Window, 'domain' | 'tokenIds'>): void {
    for (const scorer of this.scorers(domain).values()) scorer.observe?.(tokenIds);
  }

  /** Once all windows of the domain were shown. @throws LongattnError INVALID_OPTION for a value that is no number */
  value(domain: string, score: string, window: TextWindow, k: number): number {
    const value = this.scorers(domain).get(score)!.value(window, k);
    if (Number.isNaN(value)) throw invalid(`the score ${score} of window ${window.windowId}`, value, 'a number');
    return value;
  }

  private scorers(domain: string): Map<string, TextScorer> {
    let scorers = this.domains.get(domain);
    if (!scorers) {
      scorers = new Map(this.scores.map((score) => [score.name, score.open(this.settings)]));
      this.domains.set(domain, scorers);
    }
    return scorers;
  }
}
