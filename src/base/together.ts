// Waiting that a signal can end, and two stages at work at once.

/** Waits for `promise`, or rejects with the signal's reason as soon as it fires. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    const value = await Promise.race([promise, aborted]);
    signal.throwIfAborted();
    return value;
  } finally {
    signal.removeEventListener('abort', abort!);
  }
}

export interface TogetherOptions {
  /** Stops both. */
  signal?: AbortSignal | undefined;
  /** May the first go on when the second failed so? Its own verdict is then waited for, and told before that of the second. */
  letsFirstFinish: (error: unknown) => boolean;
}

type Work<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Two works at once, of which the second follows the first: a failure of either stops the other, and both have ended on return.
 * @throws the signal's reason; the first's error unless it was only stopped; the second's error
 */
export async function together<A, B>(first: Work<A>, second: Work<B>, options: TogetherOptions): Promise<[A, B]> {
  const [stopFirst, stopSecond] = [new AbortController(), new AbortController()];
  const under = ({ signal }: AbortController): AbortSignal =>
    options.signal ? AbortSignal.any([options.signal, signal]) : signal;
  const [a, b] = await Promise.allSettled([
    first(under(stopFirst)).catch((error: unknown) => {
      stopSecond.abort(error);
      throw error;
    }),
    second(under(stopSecond)).catch((error: unknown) => {
      if (!options.letsFirstFinish(error)) stopFirst.abort(error);
      throw error;
    }),
  ]);
  options.signal?.throwIfAborted();
  // A work that was stopped rejects with the error of the other, so the order of the two decides only between errors of their own.
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}
