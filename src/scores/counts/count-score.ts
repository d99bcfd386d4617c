// What a count score, one over token ids alone, is: no model, one linear pass (two where it needs to know what is rare in the domain).

/** A window as such a score sees it: a row of the windows parts. */
export interface CountWindow {
  windowId: string;
  tokenIds: Int32Array;
}

export interface CountSettings {
  seed: number;
}

/** Scores the windows of one domain. */
export interface CountScorer {
  /** Shown every window of the domain once before any is scored; absent where nothing of the domain is needed. */
  observe?(ids: Int32Array): void;
  /** Higher must mean: more long-range dependency. `k`: minimum distance in tokens. */
  value(window: CountWindow, k: number): number;
}

export interface CountScore {
  name: string;
  /** As a person writes it; shown by `--help` and in reports. */
  formula: string;
  source: string;
  /** True when another k would give the same number. */
  ignoresK?: boolean;
  /** A scorer for one domain. */
  open(settings: CountSettings): CountScorer;
}
