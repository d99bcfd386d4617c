// What a cut removes: share of windows kept by domain, source and length of the document, and how kept and removed text differ.
//
// Windows are added one after the other, so that the memory is one counter a group: sources of large corpora are many, and only the
// largest are listed.
import { TEXT_STATISTICS, type TextStatistics } from './text-statistics.js';

const LISTED_SOURCES = 100;

export interface JudgedWindow {
  domain: string;
  source: string;
  /** Of its document. */
  documentTokens: number;
  selected: boolean;
}

export interface KeptOf {
  group: string;
  windows: number;
  kept: number;
  /** kept / windows, against the share kept of all windows of the domain: 1 is as expected. */
  ratio: number;
}

export interface TextDifference {
  statistic: (typeof TEXT_STATISTICS)[number];
  keptMean: number;
  removedMean: number;
  /** (kept - removed) in standard deviations over the windows that were looked at. */
  difference: number;
}

export interface DomainRemoval {
  domain: string;
  windows: number;
  kept: number;
  /** Documents by length in powers of two of the window: "1-2 W", "2-4 W", ... */
  byLength: KeptOf[];
  /** The largest sources; the rest is one group. */
  bySource: KeptOf[];
  /** Windows whose text was looked at. */
  textWindows: number;
  text: TextDifference[];
}

interface Counter {
  windows: number;
  kept: number;
}

class DomainCounts {
  readonly all: Counter = { windows: 0, kept: 0 };
  readonly byLength = new Map<number, Counter>();
  readonly bySource = new Map<string, Counter>();
  readonly texts = [new Moments(), new Moments()] as const;
}

export class RemovalReport {
  private readonly domains = new Map<string, DomainCounts>();

  /** @param window W, in tokens */
  constructor(private readonly window: number) {}

  add({ domain, source, documentTokens, selected }: JudgedWindow): void {
    const counts = this.countsOf(domain);
    const octave = Math.max(0, Math.floor(Math.log2(documentTokens / this.window)));
    for (const counter of [counts.all, counterOf(counts.byLength, octave), counterOf(counts.bySource, source)]) {
      counter.windows++;
      if (selected) counter.kept++;
    }
  }

  /** Of some windows, or of none: a corpus of ready token ids has no text. */
  addText(domain: string, selected: boolean, text: TextStatistics): void {
    this.countsOf(domain).texts[selected ? 1 : 0].add(text);
  }

  /** One entry a domain, by name. */
  result(): DomainRemoval[] {
    const sorted = [...this.domains].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([domain, { all, byLength, bySource, texts }]) => ({
      domain,
      ...all,
      byLength: [...byLength]
        .sort(([a], [b]) => a - b)
        .map(([octave, counter]) => keptOf(`${2 ** octave}-${2 ** (octave + 1)} W`, counter, all)),
      bySource: largest(bySource).map(([source, counter]) => keptOf(source, counter, all)),
      textWindows: texts[0].count + texts[1].count,
      text: differences(texts[1], texts[0]),
    }));
  }

  private countsOf(domain: string): DomainCounts {
    let counts = this.domains.get(domain);
    if (!counts) this.domains.set(domain, (counts = new DomainCounts()));
    return counts;
  }
}

/** Sums of each statistic and of its square. */
class Moments {
  count = 0;
  readonly sums = new Float64Array(TEXT_STATISTICS.length);
  readonly squares = new Float64Array(TEXT_STATISTICS.length);

  add(text: TextStatistics): void {
    this.count++;
    TEXT_STATISTICS.forEach((name, at) => {
      this.sums[at]! += text[name];
      this.squares[at]! += text[name] ** 2;
    });
  }
}

function counterOf<Key>(counters: Map<Key, Counter>, key: Key): Counter {
  let counter = counters.get(key);
  if (!counter) counters.set(key, (counter = { windows: 0, kept: 0 }));
  return counter;
}

function keptOf(group: string, { windows, kept }: Counter, all: Counter): KeptOf {
  const expected = (windows * all.kept) / all.windows;
  return { group, windows, kept, ratio: expected === 0 ? 0 : kept / expected };
}

function largest(counters: Map<string, Counter>): [string, Counter][] {
  const sorted = [...counters].sort(([a, x], [b, y]) => y.windows - x.windows || (a < b ? -1 : 1));
  const rest = sorted.slice(LISTED_SOURCES);
  const other = { windows: 0, kept: 0 };
  for (const [, { windows, kept }] of rest) {
    other.windows += windows;
    other.kept += kept;
  }
  const listed = sorted.slice(0, LISTED_SOURCES);
  return rest.length > 0 ? [...listed, [`${rest.length} other sources`, other]] : listed;
}

/** Empty where all windows, or none, are kept, or where there is no text. */
function differences(kept: Moments, removed: Moments): TextDifference[] {
  if (kept.count === 0 || removed.count === 0) return [];
  const count = kept.count + removed.count;
  return TEXT_STATISTICS.map((statistic, at) => {
    const [keptMean, removedMean] = [kept.sums[at]! / kept.count, removed.sums[at]! / removed.count];
    const mean = (kept.sums[at]! + removed.sums[at]!) / count;
    const deviation = Math.sqrt(Math.max(0, (kept.squares[at]! + removed.squares[at]!) / count - mean * mean));
    return { statistic, keptMean, removedMean, difference: deviation === 0 ? 0 : (keptMean - removedMean) / deviation };
  });
}
