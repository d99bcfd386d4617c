// What the windows stage saw, by domain: plain numbers that can be stored beside a part and added up over parts.

export interface DomainCounts {
  documents: number;
  tokens: number;
  windows: number;
  /** Documents with fewer tokens than a window, their tokens, and the longest of them. */
  shortDocuments: number;
  shortTokens: number;
  longestShort: number;
}

export type WindowCounts = Record<string, DomainCounts>;

/** Counts start as an object without a prototype, so that a domain may have any name. */
export function newWindowCounts(): WindowCounts {
  return Object.create(null) as WindowCounts;
}

export function countDocument(counts: WindowCounts, domain: string, tokens: number, windows: number): void {
  const short = windows === 0;
  addTo(counts, domain, {
    documents: 1,
    tokens,
    windows,
    shortDocuments: short ? 1 : 0,
    shortTokens: short ? tokens : 0,
    longestShort: short ? tokens : 0,
  });
}

/** Sum of the counts of several parts. */
export function mergeWindowCounts(parts: Iterable<WindowCounts>): WindowCounts {
  const sum = newWindowCounts();
  for (const part of parts) {
    for (const [domain, counts] of Object.entries(part)) addTo(sum, domain, counts);
  }
  return sum;
}

/** Sum over all domains. */
export function totalCounts(counts: WindowCounts): DomainCounts {
  const total = newWindowCounts();
  for (const domain of Object.values(counts)) addTo(total, 'all', domain);
  return total['all'] ?? empty();
}

function addTo(counts: WindowCounts, domain: string, more: DomainCounts): void {
  const sum = (counts[domain] ??= empty());
  sum.documents += more.documents;
  sum.tokens += more.tokens;
  sum.windows += more.windows;
  sum.shortDocuments += more.shortDocuments;
  sum.shortTokens += more.shortTokens;
  sum.longestShort = Math.max(sum.longestShort, more.longestShort);
}

function empty(): DomainCounts {
  return { documents: 0, tokens: 0, windows: 0, shortDocuments: 0, shortTokens: 0, longestShort: 0 };
}
