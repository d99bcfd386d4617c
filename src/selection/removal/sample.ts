// Which windows of a group are looked at: those with the smallest numbers, drawn from the seed and the window ids. So the sample does
// not depend on the order of the windows, and takes no more memory than itself.

interface Drawn<T> {
  number: number;
  item: T;
}

/** The `most` items with the smallest numbers, seen one after the other. */
export class SmallestSample<T> {
  #drawn: Drawn<T>[] = [];
  #limit = Infinity;

  constructor(readonly most: number) {}

  /** @param number as good as unique */
  offer(number: number, item: T): void {
    if (number >= this.#limit) return;
    this.#drawn.push({ number, item });
    if (this.#drawn.length >= 2 * this.most) this.#trim();
  }

  items(): T[] {
    this.#trim();
    return this.#drawn.map(({ item }) => item);
  }

  #trim(): void {
    this.#drawn.sort((a, b) => a.number - b.number);
    this.#drawn.length = Math.min(this.most, this.#drawn.length);
    if (this.#drawn.length === this.most) this.#limit = this.#drawn[this.most - 1]!.number;
  }
}
