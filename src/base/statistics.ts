// What is stored of a layer and a window: the one list of statistics, from which the scores table, its reader and writer, what comes
// from the addon, `verify` and what a score may read are made. A new statistic is a row here and a line in the native core.
//
// The order of the rows is that of the columns in the file.

/** Distance bins of a head. */
export const BINS = 32;

/** Where a bin begins: bin j has the distances from its edge to below that of bin j + 1. @param length L, tokens @param bin 0 .. 32 */
export function binEdge(length: number, bin: number): number {
  return Math.floor((bin * length) / BINS);
}

/** Where each of the 32 bins begins, tokens. Of windows below 32 tokens some bins are empty and edges repeat. */
export function binEdges(length: number): number[] {
  return Array.from({ length: BINS }, (_, bin) => binEdge(length, bin));
}

/** How many numbers: one a head, one a bin of a head (head-major), one a token, or one. */
export type Per = 'head' | 'bin' | 'token' | 'window';

/** What is stored on request alone, by the option of that name. */
export type Extra = 'tokens' | 'losses';

interface StatisticRow {
  /** Of the scores table. */
  column: string;
  per: Per;
  /** Absent: always there. */
  when?: Extra;
}

/** Units: docs/definitions.md. */
export const STATISTICS = {
  /** Distance strength at the scored k. */
  ds: { column: 'ds', per: 'head' },
  /** Over L * L entries, at the scored k. */
  variance: { column: 'variance', per: 'head' },
  /** Nats, mean over rows. */
  entropy: { column: 'entropy', per: 'head' },
  /** Largest attention at the scored k or farther, without the sink, mean over rows. */
  farPeak: { column: 'far_peak', per: 'head' },
  /** Attention by distance without the sink, mean over rows. */
  massBins: { column: 'mass_bins', per: 'bin' },
  /** Squared attention by distance without the sink, sum over rows. */
  squareBins: { column: 'square_bins', per: 'bin' },
  /** Attention on the sink (the first 4 keys) by distance, mean over rows. */
  sinkMassBins: { column: 'sink_mass_bins', per: 'bin' },
  /** Squared attention on the sink by distance, sum over rows. */
  sinkSquareBins: { column: 'sink_square_bins', per: 'bin' },
  /** Far mass of each token, mean over heads; with `--tokens`. */
  tokenDs: { column: 'token_ds', per: 'token', when: 'tokens' },
  /** Mean loss of the tokens 1 .. L-1, nats, when a token sees all before it; with `--losses`. */
  loss: { column: 'loss', per: 'window', when: 'losses' },
  /** The same when it sees only the last k tokens and the sink; with `--losses`. */
  nearLoss: { column: 'near_loss', per: 'window', when: 'losses' },
} as const satisfies Record<string, StatisticRow>;

type Table = typeof STATISTICS;
export type Statistic = keyof Table;

export const STATISTIC_NAMES = Object.keys(STATISTICS) as Statistic[];

/** Name and row of each, in the order of the columns. */
export const STATISTIC_ROWS = Object.entries(STATISTICS) as readonly [Statistic, StatisticRow][];

export function isStatistic(name: string): name is Statistic {
  return Object.hasOwn(STATISTICS, name);
}

/** Of a statistic. */
export function whenStored(name: Statistic): Extra | undefined {
  const row: StatisticRow = STATISTICS[name];
  return row.when;
}

/** Which extras a table has or is to have. */
export type Extras = { readonly [E in Extra]?: boolean | undefined };

/** The rows of a table with these extras. */
export function storedStatistics(extras: Extras): (readonly [Statistic, StatisticRow])[] {
  return STATISTIC_ROWS.filter(([, { when }]) => when === undefined || extras[when] === true);
}

/** Numbers of a statistic in one row. @param heads H @param length L, tokens */
export function sizeOf(per: Per, heads: number, length: number): number {
  return { head: heads, bin: heads * BINS, token: length, window: 1 }[per];
}

interface ValueOf {
  head: Float64Array;
  bin: Float64Array;
  token: Float32Array;
  window: number;
}

type Named<E extends Extra | undefined> = {
  -readonly [
    S in Statistic as Table[S] extends { when: infer W } ? (W extends E ? S : never) : undefined extends E ? S : never
  ]: ValueOf[Table[S]['per']];
};

/** Statistics that are always there. */
export type AlwaysStored = Named<undefined>;

/** What the kernels give: all but the losses, which are of the whole model. */
export type KernelStatistics = AlwaysStored & Partial<Named<'tokens'>>;

/** All of a row: what is stored on request may be absent. */
export type Statistics = KernelStatistics & Partial<Named<'losses'>>;

/** Statistics by the names of their columns. */
export type StatisticColumn = Table[Statistic]['column'];

/** The shape of each column of the scores table. */
export type PerColumn = { [S in Statistic as Table[S]['column']]: Table[S]['per'] };
