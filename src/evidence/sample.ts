// A seeded sample of a corpus: real windows, donors for splices and whole documents, from the windows alone.
//
// What is drawn depends on the seed and the window ids only, never on the order of the windows, so that shards and workers cannot
// change it. Windows cover their document without a gap, so whole documents can be put together from them again.
import { unitHash } from '../base/random.js';
import type { Window } from '../base/records.js';
import { SmallestSample } from '../base/smallest.js';
import { documentOf } from '../base/window-id.js';

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
  const drawn = new Map<
    string,
    { windows: SmallestSample<Window>; donors: SmallestSample<Window>; places: SmallestSample<Window> }
  >();
  const starts = new Set<number>();
  let documents = 0;
  for await (const window of windows) {
    onWindow?.(window);
    const { windowId, domain } = window;
    let pools = drawn.get(domain);
    if (!pools)
      drawn.set(
        domain,
        (pools = {
          windows: new SmallestSample<Window>(perDomain),
          donors: new SmallestSample<Window>(DONORS),
          places: new SmallestSample<Window>(DONORS),
        }),
      );
    const key = documentOf(window.windowId);
    const kept = (): Window => copy(window);
    pools.windows.offer(unitHash(seed, `window ${windowId}`), windowId, kept);
    pools.places.offer(unitHash(seed, `place ${windowId}`), windowId, kept);
    // Documents are drawn by their key, and within one the window by its own number.
    pools.donors.offer(unitHash(seed, `donor ${key}`), key, kept, unitHash(seed, `donor ${windowId}`));
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
    const key = documentOf(window.windowId);
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

/** Ids of a record may be a view into a batch of the reader. */
function copy(window: Window): Window {
  return { ...window, tokenIds: window.tokenIds.slice() };
}
