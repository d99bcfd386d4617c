// A seeded sample of a corpus: real windows, donors for splices and whole documents, from the windows alone.
//
// What is drawn depends on the seed and the window ids only, never on the order of the windows, so that shards and workers cannot
// change it. Windows cover their document without a gap, so whole documents can be put together from them again.
import { unitHash } from '../base/random.js';
import type { Window } from '../base/records.js';

/** Donors kept a domain: enough for eight pieces a control without showing the same donor in every one. */
const DONORS = 64;

export interface DomainSample {
  domain: string;
  /** The real windows, in random order. */
  windows: Window[];
  /** One window each of different documents. */
  donors: Window[];
  /** Windows of whatever document, for domains with too few documents. */
  places: Window[];
}

export interface CorpusSample {
  /** By name of the domain. */
  domains: DomainSample[];
  /** What the tokenizer puts in front of every document (BOS), as far as the windows show it: controls keep it in place. */
  prefix: number | undefined;
}

/** The document of a window: its key, unique within a run. */
export function documentKey(window: Pick<Window, 'windowId'>): string {
  return window.windowId.slice(0, window.windowId.lastIndexOf(':'));
}

/**
 * @param perDomain real windows wanted a domain; domains with fewer give all
 * @param onWindow shown every window, in the order of the corpus
 */
export async function sampleWindows(
  windows: AsyncIterable<Window>,
  perDomain: number,
  seed: number,
  onWindow?: (window: Window) => void,
): Promise<CorpusSample> {
  const drawn = new Map<string, { windows: Lowest; donors: Lowest; places: Lowest }>();
  const starts = new Set<number>();
  let documents = 0;
  for await (const window of windows) {
    onWindow?.(window);
    const { windowId, domain } = window;
    let pools = drawn.get(domain);
    if (!pools)
      drawn.set(
        domain,
        (pools = { windows: new Lowest(perDomain), donors: new Lowest(DONORS), places: new Lowest(DONORS) }),
      );
    const key = documentKey(window);
    pools.windows.offer(window, unitHash(seed, `window ${windowId}`), windowId);
    pools.places.offer(window, unitHash(seed, `place ${windowId}`), windowId);
    // Documents are drawn by their key, and within one the window by its own number.
    pools.donors.offer(window, unitHash(seed, `donor ${key}`), key, unitHash(seed, `donor ${windowId}`));
    if (window.tokenStart === 0) {
      documents++;
      starts.add(window.tokenIds[0]!);
    }
  }
  const domains = [...drawn].map(([domain, pools]) => ({
    domain,
    windows: pools.windows.items(),
    donors: pools.donors.items(),
    places: pools.places.items(),
  }));
  domains.sort((a, b) => (a.domain < b.domain ? -1 : 1));
  return { domains, prefix: documents > 1 && starts.size === 1 ? [...starts][0] : undefined };
}

/** Put documents together again from all their windows. @param keys documents wanted @returns token ids by document key */
export async function collectDocuments(
  windows: AsyncIterable<Window>,
  keys: ReadonlySet<string>,
): Promise<Map<string, Int32Array>> {
  const pieces = new Map<string, { start: number; ids: Int32Array }[]>();
  for await (const window of windows) {
    const key = documentKey(window);
    if (!keys.has(key)) continue;
    const list = pieces.get(key) ?? [];
    list.push({ start: window.tokenStart, ids: window.tokenIds.slice() });
    pieces.set(key, list);
  }
  return new Map(
    [...pieces].map(([key, list]) => {
      const out = new Int32Array(Math.max(...list.map(({ start, ids }) => start + ids.length)));
      for (const { start, ids } of list) out.set(ids, start);
      return [key, out];
    }),
  );
}

interface Entry {
  window: Window;
  priority: number;
  key: string;
  second: number;
}

/** The items with the lowest priorities, one a key (that with the lowest second number), ties broken by key. */
class Lowest {
  private readonly entries: Entry[] = [];

  constructor(private readonly size: number) {}

  offer(window: Window, priority: number, key: string, second = 0): void {
    const same = this.entries.findIndex((entry) => entry.key === key);
    if (same >= 0) {
      if (second < this.entries[same]!.second) this.entries[same] = { window: copy(window), priority, key, second };
      return;
    }
    const before = (entry: Entry): boolean =>
      entry.priority < priority || (entry.priority === priority && entry.key < key);
    const last = this.entries.at(-1);
    if (this.entries.length >= this.size && (!last || before(last))) return;
    const at = this.entries.findIndex((entry) => !before(entry));
    this.entries.splice(at < 0 ? this.entries.length : at, 0, { window: copy(window), priority, key, second });
    if (this.entries.length > this.size) this.entries.pop();
  }

  items(): Window[] {
    return this.entries.map(({ window }) => window);
  }
}

/** Ids of a record may be a view into a batch of the reader. */
function copy(window: Window): Window {
  return { ...window, tokenIds: window.tokenIds.slice() };
}
