// `longattn stats RUN`: the histograms of a run and its selection, a domain each, as numbers. The command draws them.
import type { Hooks } from '../base/events.js';
import { loadRun } from '../run/directory.js';
import { selectionFile } from '../selection/select-windows.js';
import { binsOf } from './bins.js';
import { gather, type Gathered } from './gather.js';

const BINS = 32;

export interface Histogram {
  /** The score of the selection, or what is measured of a window: DS, DU, share inside verbatim repeats. */
  name: string;
  /** Smallest and largest value of the domain. */
  from: number;
  to: number;
  /** Windows in each of 32 bins of equal width, and those of them that are kept. */
  all: number[];
  kept: number[];
  /** Of the score: that of the last kept window. */
  cut?: number;
  /** Of DS: that of uniform attention at the same k. */
  uniform?: number;
}

export interface DomainStats {
  domain: string;
  windows: number;
  kept: number;
  histograms: Histogram[];
}

export interface RunStats {
  run: string;
  /** The score that ranks. */
  score: string;
  /** Tokens of a window, minimum distance and layer; the last two are absent where no attention was scored. */
  window: number;
  k?: number;
  layer?: number;
  domains: DomainStats[];
}

/**
 * The distribution of every number that a run has of its windows, and of those that its selection keeps.
 * @param dir the run directory
 * @throws LongattnError SELECTION_MISSING, SELECTION_STALE, RUN_MISSING, and those of the run's files
 */
export async function stats(dir: string, hooks: Hooks = {}): Promise<RunStats> {
  const run = await loadRun(dir);
  const gathered = await gather(run, selectionFile(dir), [], hooks);
  const { table, scores, k, layer } = gathered;
  return {
    ...{ run: dir, score: scores[0]!.name, window: table.window },
    ...(k !== undefined && { k }),
    ...(layer !== undefined && { layer }),
    domains: table.domainNames.map((domain, i) => domainStats(gathered, domain, table.byDomain()[i]!)),
  };
}

function domainStats({ chosen, columns, shown, scores }: Gathered, domain: string, rows: Uint32Array): DomainStats {
  const kept = rows.filter((row) => chosen.kept[row] === 1);
  const cut = kept.reduce((least, row) => Math.min(least, chosen.score[row]!), Infinity);
  const own = { column: '', label: `score: ${scores[0]!.name}` };
  const histograms = [own, ...shown].flatMap(({ column, label, ...more }): Histogram[] => {
    const bins = binsOf({ values: columns.get(column) ?? chosen.score, rows, reason: chosen.reason }, BINS);
    if (!bins) return [];
    return [
      {
        ...{ name: label, ...bins },
        ...(column === '' && kept.length > 0 && { cut }),
        ...('null' in more && { uniform: more.null as number }),
      },
    ];
  });
  return { domain, windows: rows.length, kept: kept.length, histograms };
}
