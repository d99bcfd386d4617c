// The cases of a corpus as index lists: which rows are the real windows of a domain, and which pairs a control has there.
import { documentOf } from '../base/window-id.js';
import type { ControlFacts } from './cases.js';
import { REAL } from './cases.js';

/** Fewer real windows, or pairs of a control, cannot be cut into two halves that say anything. */
export const FEWEST_PAIRS = 4;

export interface CaseFacts {
  caseId: string;
  /** Id of the real window of the pair. */
  pair: string;
  control: string;
  domain: string;
  /** Share of the window inside a verbatim repeat of 64 tokens or more. */
  repeats: number;
  /** Equal for real windows of a domain that are near-duplicates. */
  cluster: number;
}

/** A count score for every case; `k` is undefined where the score ignores it. */
export interface CountValueColumn {
  score: string;
  k: number | undefined;
  values: Float64Array;
}

/** Rows of the case table: pair i is (real[i], control[i]). */
export interface Pairs {
  domain: string;
  real: Int32Array;
  control: Int32Array;
}

export class CaseTable {
  readonly domains: string[];
  private readonly realRow = new Map<string, number>();

  /** @param keep real windows (by id) to look at, with their controls; default all */
  constructor(
    readonly cases: readonly CaseFacts[],
    readonly controls: readonly ControlFacts[],
    readonly counts: readonly CountValueColumn[],
    private readonly keep: (windowId: string) => boolean = () => true,
  ) {
    cases.forEach((one, row) => {
      if (one.control === REAL) this.realRow.set(one.pair, row);
    });
    this.domains = [...new Set(cases.map(({ domain }) => domain))].sort();
  }

  /** The same cases seen through a part of the real windows: values stay addressed by the same rows. */
  restrict(windowIds: ReadonlySet<string>): CaseTable {
    return new CaseTable(this.cases, this.controls, this.counts, (id) => windowIds.has(id));
  }

  /** The same cases with some of the controls only. */
  withControls(controls: readonly ControlFacts[]): CaseTable {
    return new CaseTable(this.cases, controls, this.counts, this.keep);
  }

  /** Number of documents that the real windows of a domain come from. */
  documents(domain: string): number {
    return new Set(Array.from(this.reals(domain), (row) => documentOf(this.cases[row]!.pair))).size;
  }

  /** Rows of the real windows of a domain. */
  reals(domain: string): Int32Array {
    return this.rows(domain, REAL);
  }

  /** The pairs of a control, one entry a domain that has any. */
  pairs(control: string): Pairs[] {
    return this.domains.flatMap((domain) => {
      const rows = this.rows(domain, control);
      if (rows.length === 0) return [];
      return [{ domain, control: rows, real: rows.map((row) => this.realRow.get(this.cases[row]!.pair)!) }];
    });
  }

  /** Of all domains. */
  pairCount(control: string): number {
    return this.pairs(control).reduce((sum, { real }) => sum + real.length, 0);
  }

  private rows(domain: string, control: string): Int32Array {
    const rows: number[] = [];
    this.cases.forEach((one, row) => {
      if (one.domain === domain && one.control === control && this.keep(one.pair)) rows.push(row);
    });
    return Int32Array.from(rows);
  }
}
