// A sample of a stream: the items with the smallest numbers, drawn from a seed and a name. So it does not depend on the order of the
// stream, and takes no more memory than twice itself.

interface Entry<T> {
  number: number;
  key: string;
  second: number;
  item: T;
}

/** The `most` items with the smallest numbers, seen one after the other; ties go to the smaller key. */
export class SmallestSample<T> {
  #entries = new Map<string, Entry<T>>();
  /** An item from here on cannot be among them. */
  #limit: Pick<Entry<T>, 'number' | 'key'> | undefined;

  constructor(readonly most: number) {}

  /**
   * @param number follows from the key
   * @param key of several items with one key that with the smallest `second` is kept
   * @param make the item; called only when it may be kept
   */
  offer(number: number, key: string, make: () => T, second = 0): void {
    if (this.#limit && byNumber({ number, key }, this.#limit) > 0) return;
    const same = this.#entries.get(key);
    if (same && same.second <= second) return;
    this.#entries.set(key, { number, key, second, item: make() });
    if (this.#entries.size >= 2 * this.most) this.#trim();
  }

  /** Smallest number first. */
  items(): T[] {
    return this.#trim().map(({ item }) => item);
  }

  #trim(): Entry<T>[] {
    const smallest = [...this.#entries.values()].sort(byNumber).slice(0, this.most);
    this.#entries = new Map(smallest.map((entry) => [entry.key, entry]));
    if (smallest.length === this.most) this.#limit = smallest.at(-1);
    return smallest;
  }
}

function byNumber(a: { number: number; key: string }, b: { number: number; key: string }): number {
  return a.number - b.number || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
