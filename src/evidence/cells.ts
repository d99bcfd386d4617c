// The numbers of the report: one candidate against one control (or the yardstick), a domain at a time and pooled.
//
// Behind the guard: a window that it refuses is ranked below all others, as a selection never keeps it.
// Pooled: values are standardised within each domain, over real windows and controls together, before they are put side by side.
import { auc as plainAuc } from '../scores/ranks.js';
import { standardize } from '../scores/standardize.js';
import { PairBootstrap, type Interval } from './bootstrap.js';
import type { Candidate } from './candidate.js';
import type { CaseTable, Pairs } from './case-table.js';
import type { ControlFacts } from './cases.js';

export const POOLED = '(pooled)';
/** The yardstick's name, in place of a control's. */
export const NLL_GAIN = 'nll-gain';

export interface Cell {
  metric: 'auc' | 'pair-share' | 'spearman';
  /** Name of a control, or `nll-gain`. */
  against: string;
  domain: string;
  /** Pairs, or real windows for `spearman`. */
  pairs: number;
  interval: Interval;
}

export interface CellOptions {
  seed: number;
  /** Of the bootstrap, an interval. */
  resamples: number;
  /** nll-gain by row of the case table; real windows must have it. */
  gains?: Float64Array;
  /** By row of the case table: 1 where the guard refuses the window. */
  refused: Uint8Array;
}

/** Values of a pair's two sides, the side that must be higher first. */
interface Sides {
  above: Float64Array;
  below: Float64Array;
}

export class Cells {
  private readonly bootstraps = new Map<number, PairBootstrap>();
  private readonly pairs = new Map<string, Pairs[]>();

  constructor(
    readonly table: CaseTable,
    private readonly options: CellOptions,
  ) {
    for (const { name } of table.controls) this.pairs.set(name, table.pairs(name));
  }

  /** AUC and share of pairs on one control: a row a domain with at least two pairs, and pooled. */
  against(candidate: Candidate, control: ControlFacts): Cell[] {
    const domains = this.sides(candidate, control);
    const cells = domains
      .filter(({ raw }) => raw.above.length > 1)
      .flatMap(({ domain, raw }) => this.both(control.name, domain, raw));
    const pooled = join(domains.map(({ standard }) => standard));
    return pooled.above.length > 1 ? [...cells, ...this.both(control.name, POOLED, pooled)] : cells;
  }

  /** Spearman with the yardstick on the real windows; empty without one. */
  following(candidate: Candidate): Cell[] {
    const parts = this.realValues(candidate);
    const cells = parts
      .filter(({ values }) => values.length > 2)
      .map(({ domain, values, gains }) => this.rank(domain, values, gains));
    const [values, gains] = pool(parts);
    return values.length > 2 ? [...cells, this.rank(POOLED, values, gains)] : cells;
  }

  /** AUC on one control, pooled, without an interval. */
  pooledAuc(candidate: Candidate, control: ControlFacts): number {
    const { above, below } = this.pooled(candidate, control);
    return plainAuc(above, below);
  }

  /** Values of the real windows, standardised within their domain, all domains in order: to compare scores by rank. */
  standardReals(candidate: Candidate): Float64Array {
    return concat(
      this.table.domains.map((domain) => standardize(candidate.values(this.table.reals(domain)), 'zscore')),
    );
  }

  /** Pooled sides of one control, for the check with shuffled labels. */
  pooled(candidate: Candidate, control: ControlFacts): Sides {
    return join(this.sides(candidate, control).map(({ standard }) => standard));
  }

  private sides(candidate: Candidate, control: ControlFacts): { domain: string; raw: Sides; standard: Sides }[] {
    return this.pairs.get(control.name)!.map(({ domain, real, control: rows }) => {
      const joint = new Int32Array(2 * real.length);
      joint.set(real);
      joint.set(rows, real.length);
      const values = candidate.values(joint);
      const behindGuard = (all: Float64Array): Float64Array =>
        candidate.unguarded ? all : all.map((value, i) => (this.options.refused[joint[i]!] ? -Infinity : value));
      const split = (all: Float64Array): Sides => {
        const [reals, controls] = [all.subarray(0, real.length), all.subarray(real.length)];
        return control.higher === 'real' ? { above: reals, below: controls } : { above: controls, below: reals };
      };
      return {
        domain,
        raw: split(behindGuard(values)),
        standard: split(behindGuard(standardize(values, 'zscore'))),
      };
    });
  }

  private realValues(candidate: Candidate): { domain: string; values: Float64Array; gains: Float64Array }[] {
    const { gains } = this.options;
    if (!gains) return [];
    return this.table.domains.map((domain) => {
      const rows = this.table.reals(domain);
      return { domain, values: candidate.values(rows), gains: Float64Array.from(rows, (row) => gains[row]!) };
    });
  }

  private both(against: string, domain: string, { above, below }: Sides): Cell[] {
    const bootstrap = this.bootstrap(above.length);
    const cell = { against, domain, pairs: above.length };
    return [
      { ...cell, metric: 'auc', interval: bootstrap.auc(above, below) },
      { ...cell, metric: 'pair-share', interval: bootstrap.share(above, below) },
    ];
  }

  private rank(domain: string, values: Float64Array, gains: Float64Array): Cell {
    const interval = this.bootstrap(values.length).spearman(values, gains);
    return { metric: 'spearman', against: NLL_GAIN, domain, pairs: values.length, interval };
  }

  private bootstrap(count: number): PairBootstrap {
    let found = this.bootstraps.get(count);
    if (!found)
      this.bootstraps.set(count, (found = new PairBootstrap(count, this.options.seed, this.options.resamples)));
    return found;
  }
}

function pool(parts: { values: Float64Array; gains: Float64Array }[]): [values: Float64Array, gains: Float64Array] {
  return [
    concat(parts.map(({ values }) => standardize(values, 'zscore'))),
    concat(parts.map(({ gains }) => standardize(gains, 'zscore'))),
  ];
}

function join(sides: readonly Sides[]): Sides {
  return { above: concat(sides.map(({ above }) => above)), below: concat(sides.map(({ below }) => below)) };
}

function concat(arrays: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    out.set(array, at);
    at += array.length;
  }
  return out;
}
