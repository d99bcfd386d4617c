// A candidate's numbers on a set of real windows: the lift of what it keeps, and the worst of its AUCs over the controls that count.
//
// Both behind the guard, as a selection is: a window that repeats itself is not kept, and counts as ranked below all others.
import type { Candidate } from './candidate.js';
import type { CaseTable } from './case-table.js';
import type { Cells } from './cells.js';
import type { ControlFacts } from './cases.js';
import { liftDraws, liftOf, liftSample, type Lift, type LiftDraws, type LiftSample } from './lift.js';
import { intervalOf, Resamples, type Draws } from './resample.js';
import type { Interval } from './bootstrap.js';
import { worstAuc } from './weighted-auc.js';

export interface JudgeOptions {
  /** Of these windows. */
  cells: Cells;
  /** nll-gain by row of the case table; undefined without losses. */
  gains?: Float64Array | undefined;
  /** By row of the case table: 1 where the guard refuses the window. */
  refused: Uint8Array;
  /** Share of the windows of each domain that is kept. */
  share: number;
  /** The controls that count. */
  counting: readonly ControlFacts[];
  seed: number;
  resamples: number;
}

export interface Numbers {
  lift?: LiftDraws;
  worst?: Draws;
}

export class Judge {
  /** Rows of the case table, a place a real window; domains in order. */
  private readonly rows: Int32Array[];
  private readonly places = new Map<number, number>();
  private readonly resamples: Resamples;
  private readonly sample: LiftSample | undefined;
  /** The windows of each domain by themselves. */
  private parts: LiftSample[] | undefined;

  constructor(private readonly options: JudgeOptions) {
    const { cells, gains, refused, share, seed, resamples } = options;
    const { table } = cells;
    this.rows = table.domains.map((domain) => table.reals(domain));
    const groups = this.rows.map((rows) => Array.from(rows, (row) => this.place(row)));
    this.resamples = new Resamples(this.places.size, groups, seed, resamples);
    const all = [...this.places.keys()];
    if (gains) {
      this.sample = liftSample({
        domains: table.domains.map((domain, d) => ({ domain, windows: groups[d]! })),
        gains: Float64Array.from(all, (row) => gains[row]!),
        refused: Uint8Array.from(all, (row) => refused[row]!),
        share,
        resamples: this.resamples,
      });
    }
  }

  /** Mean nll-gain of all windows, nats a token; undefined without losses. */
  mean(): Interval | undefined {
    return this.sample && intervalOf(this.sample.mean);
  }

  numbers(candidate: Candidate): Numbers {
    const { cells, counting } = this.options;
    const lift = this.liftOfSample(this.sample, candidate);
    if (counting.length === 0) return lift ? { lift } : {};
    const sides = counting.map((control) => {
      const { above, below } = cells.pooled(candidate, control);
      return { above, below, real: this.realsOf(cells.table, control.name) };
    });
    return { ...(lift && { lift }), worst: worstAuc(this.resamples, sides) };
  }

  /** The lift alone: of a candidate that only the real windows have values of. */
  numbersOnReals(candidate: Candidate): Numbers {
    const lift = this.liftOfSample(this.sample, candidate);
    return lift ? { lift } : {};
  }

  lift(candidate: Candidate): Lift | null {
    const draws = this.liftOfSample(this.sample, candidate);
    return draws ? liftOf(guarded(this.sample!, candidate), draws) : null;
  }

  /** The same for each domain by itself. */
  liftByDomain(candidate: Candidate): { domain: string; lift: Lift }[] {
    if (!this.sample) return [];
    this.parts ??= this.sample.domains.map(({ domain, windows }) =>
      restricted(this.sample!, windows, domain, this.options),
    );
    return this.sample.domains.map((one, at) => {
      const part = this.parts![at]!;
      const values = candidate.values(this.rows[at]!);
      const draws = liftDraws(guarded(part, candidate), values);
      return { domain: one.domain, lift: liftOf(part, draws) };
    });
  }

  private liftOfSample(sample: LiftSample | undefined, candidate: Candidate): LiftDraws | undefined {
    if (!sample) return undefined;
    const values = new Float64Array(this.places.size);
    for (const rows of this.rows) {
      candidate.values(rows).forEach((value, i) => (values[this.places.get(rows[i]!)!] = value));
    }
    return liftDraws(guarded(sample, candidate), values);
  }

  private realsOf(table: CaseTable, control: string): Int32Array {
    return Int32Array.from(
      table.pairs(control).flatMap(({ real }) => Array.from(real, (row) => this.places.get(row)!)),
    );
  }

  private place(row: number): number {
    const known = this.places.get(row);
    if (known !== undefined) return known;
    this.places.set(row, this.places.size);
    return this.places.size - 1;
  }
}

/** The paper's rankings and chance are looked at without the guard, as they are selected by. */
function guarded(sample: LiftSample, { unguarded }: Candidate): LiftSample {
  return unguarded ? { ...sample, refused: new Uint8Array(sample.gains.length) } : sample;
}

function restricted(
  { gains, refused, share }: LiftSample,
  windows: ArrayLike<number>,
  domain: string,
  { seed, resamples }: JudgeOptions,
): LiftSample {
  const places = Array.from(windows, (_, i) => i);
  return liftSample({
    domains: [{ domain, windows: places }],
    gains: Float64Array.from(windows, (place) => gains[place]!),
    refused: Uint8Array.from(windows, (place) => refused[place]!),
    share,
    resamples: new Resamples(windows.length, [places], seed, resamples),
  });
}
