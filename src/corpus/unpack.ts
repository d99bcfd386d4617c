// A stream of zlib as a generator that gives all that was unpacked before an error.
//
// A stream that is iterated or piped drops what it holds when it fails, and how much that is depends on timing: so would the estimate of the
// rows of a cut file. Here the input goes in by small steps, and what a step gave is taken out before the next.
import type { Transform } from 'node:stream';

/** Of input, in bytes. What comes out of a step is held: a thousand times as much at most. */
const STEP = 16 << 10;
/** For the transform's options: it must never wait for its reader within a step. */
export const UNPACK_OPTIONS = { chunkSize: 256 << 10, readableHighWaterMark: 2 ** 30 };

/**
 * @param transform made with UNPACK_OPTIONS
 * @throws the error of the source or of the transform
 */
export async function* unpack(
  source: AsyncIterable<Buffer>,
  transform: Transform,
): AsyncGenerator<Buffer, void, undefined> {
  let onError = (): void => undefined;
  transform.on('error', () => onError());
  const step = async (work: (done: () => void) => void): Promise<Buffer[]> => {
    await new Promise<void>((resolve) => {
      onError = resolve;
      work(resolve);
    });
    const chunks: Buffer[] = [];
    for (let chunk = transform.read() as Buffer | null; chunk; chunk = transform.read() as Buffer | null) {
      chunks.push(chunk);
    }
    // The event comes later than the end of the step.
    if (transform.errored) throw transform.errored;
    return chunks;
  };
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += STEP) {
        yield* await step((done) => transform.write(chunk.subarray(at, at + STEP), () => done()));
      }
    }
    transform.end();
    // A stream that is cut fails here, with nothing left to give.
    yield* transform as AsyncIterable<Buffer>;
  } finally {
    transform.destroy();
  }
}
