// Asynchronous work over a stream, several items at once, results in the order of the items.
//
// What bounds the work ahead is the number of items and their weight together: eight short documents may be in flight, or one
// book, so that memory does not depend on how long the documents happen to be.

export interface MapOrderedOptions<T> {
  /** Items in flight at once, >= 1. */
  concurrency: number;
  /** Weight of an item, such as its bytes. */
  weigh: (item: T) => number;
  /** Total weight in flight. One item alone may exceed it. */
  maxWeight: number;
}

/**
 * @throws what `work` or `source` throws, once the results before it have been taken
 */
export async function* mapOrdered<T, R>(
  source: AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  options: MapOrderedOptions<T>,
): AsyncGenerator<R, void, undefined> {
  const items = source[Symbol.asyncIterator]();
  const running: { result: Promise<R>; weight: number }[] = [];
  let weightAhead = 0;
  let waiting: { item: T; weight: number } | undefined;
  let ended = false;
  try {
    for (;;) {
      while (!ended && running.length < options.concurrency) {
        if (!waiting) {
          const next = await items.next();
          if (next.done) {
            ended = true;
            break;
          }
          waiting = { item: next.value, weight: options.weigh(next.value) };
        }
        if (running.length > 0 && weightAhead + waiting.weight > options.maxWeight) break;
        const { item, weight } = waiting;
        waiting = undefined;
        const result = work(item);
        // The rejection is reported when its turn comes; until then it must not count as unhandled.
        result.catch(() => undefined);
        running.push({ result, weight });
        weightAhead += weight;
      }
      const first = running.shift();
      if (!first) return;
      const value = await first.result;
      weightAhead -= first.weight;
      yield value;
    }
  } finally {
    // Also when the consumer stops early: the reader behind `source` must close its file.
    if (!ended) await items.return?.();
    await Promise.allSettled(running.map(({ result }) => result));
  }
}
