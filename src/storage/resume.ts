// One stream of bytes out of as many requests as it takes: a cut connection goes on where it was cut.
import { retrying, type Sleep, type TransientError } from '../hub/retry.js';
import type { ByteRange } from './storage.js';

/**
 * @param request chunks from `start` on, one attempt; TransientError where another may help
 * @param cut the error of an answer that ended early
 * @throws what `request` throws; for a TransientError, after the last attempt, its `final`
 */
export async function* resumed(
  range: ByteRange,
  request: (rest: ByteRange) => AsyncIterable<Uint8Array>,
  cut: (missing: number) => TransientError,
  sleep: Sleep,
): AsyncGenerator<Buffer, void, undefined> {
  const { end } = range;
  let at = range.start;
  let answer: AsyncIterator<Uint8Array> | undefined;
  const next = async (): Promise<Uint8Array> => {
    answer ??= request({ start: at, end })[Symbol.asyncIterator]();
    try {
      const step = await answer.next();
      if (!step.done) return step.value;
    } catch (error) {
      answer = undefined;
      throw error;
    }
    answer = undefined;
    throw cut(end - at);
  };
  try {
    while (at < end) {
      // A chunk is progress, so each has all attempts: a server that cuts every connection still gives the whole file.
      const chunk = await retrying(next, { sleep, signal: NEVER });
      at += chunk.byteLength;
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } finally {
    await answer?.return?.();
  }
}

/** Readers of the corpus are stopped between documents, by their caller. */
const NEVER = new AbortController().signal;
