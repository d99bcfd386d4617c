// What all storages of servers do alike: random reads through a window, and one stream out of as many requests as it takes.
import { TransientError, type Sleep } from '../hub/retry.js';
import { unreadable } from './faults.js';
import { countFetched } from './fetched.js';
import { RemoteFile } from './remote-file.js';
import { resumed } from './resume.js';
import type { ByteRange, OpenFile, Storage, StoredFile } from './storage.js';

export abstract class RemoteStorage implements Storage {
  protected constructor(protected readonly sleep: Sleep) {}

  abstract stat(path: string): Promise<StoredFile | undefined>;

  /** One attempt: the bytes of the range, or fewer where the connection ends early. */
  protected abstract request(file: StoredFile, range: ByteRange): AsyncIterable<Uint8Array>;

  open(file: StoredFile): Promise<OpenFile> {
    return Promise.resolve(new RemoteFile(file, (range) => this.stream(file, range)));
  }

  stream(file: StoredFile, range: ByteRange = { start: 0, end: file.bytes }): AsyncIterable<Buffer> {
    const cut = (missing: number): TransientError =>
      new TransientError(unreadable(file.path, `the server ended its answer ${missing} bytes early`));
    return resumed(range, (rest) => counted(this.request(file, rest)), cut, this.sleep);
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    countFetched(chunk.byteLength);
    yield chunk;
  }
}

/** The first `bytes` of an answer: a server may send more than was asked for. */
export async function* upTo(bytes: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
}
