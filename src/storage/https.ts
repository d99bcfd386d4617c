// Files of a web server, by ranges.
//
// Every answer is held against the file as it was listed: its tag, its size, the range that was asked for. A server may ignore a range and
// send the file from its start: that is taken where the start was asked for, and refused where it would mean to read the file for each part.
import { setTimeout } from 'node:timers/promises';
import { version } from '../base/version.js';
import { proxyFetch } from '../hub/proxy.js';
import { askedWait, retrying, TransientError, type Sleep } from '../hub/retry.js';
import { SilenceWatch } from '../hub/silence-watch.js';
import { schemeOf } from './address.js';
import { sizeOf } from './answer-size.js';
import { changed, checkSame, networkReason, noRanges, unreadable } from './faults.js';
import { RemoteStorage, upTo } from './remote-storage.js';
import type { ByteRange, StoredFile } from './storage.js';

/** Longest silence of a server. */
const SILENCE_MS = 60_000;
const NEVER = new AbortController().signal;

interface Answer {
  status: number;
  /** Of the whole file. */
  bytes: number;
  etag: string | undefined;
  body: AsyncIterable<Uint8Array>;
  cancel: () => Promise<void>;
}

export class HttpsStorage extends RemoteStorage {
  /**
   * @param fetch undefined: through the proxy that the environment names, if it does
   * @param sleep for tests
   */
  constructor(
    private fetch?: typeof globalThis.fetch,
    sleep: Sleep = (ms) => setTimeout(ms),
  ) {
    super(sleep);
  }

  /** By a range of one byte: unlike the answer to HEAD, it is that of the reads that follow. */
  async stat(path: string): Promise<StoredFile | undefined> {
    const answer = await retrying(() => this.get(path, { start: 0, end: 1 }), { sleep: this.sleep, signal: NEVER });
    if (!answer) return undefined;
    await answer.cancel();
    return { path, bytes: answer.bytes, ...(answer.etag !== undefined && { etag: answer.etag }) };
  }

  protected async *request(file: StoredFile, { start, end }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    const answer = await this.get(file.path, { start, end });
    if (!answer) throw changed(file, 'is gone; it was there');
    try {
      checkSame(file, answer);
      if (answer.status !== 206 && start > 0) throw noRanges(file.path);
      yield* upTo(end - start, answer.body);
    } finally {
      await answer.cancel();
    }
  }

  /** @returns undefined where there is no such file */
  private async get(path: string, { start, end }: ByteRange): Promise<Answer | undefined> {
    schemeOf(path);
    const failed = (cause: unknown): TransientError =>
      new TransientError(unreadable(path, `the connection failed (${networkReason(cause)})`, cause));
    const watch = new SilenceWatch(SILENCE_MS, NEVER, failed);
    this.fetch ??= (await proxyFetch(process.env)) ?? globalThis.fetch;
    const { fetch } = this;
    const headers = {
      'user-agent': `longattn/${version}; node/${process.versions.node}`,
      // A compressed body would have other lengths and ranges than the file.
      'accept-encoding': 'identity',
      range: `bytes=${start}-${end - 1}`,
    };
    const response = await watch.run(() => fetch(path, { headers, signal: watch.signal }));
    const cancel = (): Promise<void> => watch.discard(response);
    try {
      const bytes = wholeSize(path, response, start, end);
      if (bytes === undefined) {
        await cancel();
        return undefined;
      }
      return { status: response.status, bytes, etag: tagOf(response.headers), body: watch.read(response), cancel };
    } catch (error) {
      await cancel();
      throw error;
    }
  }
}

/**
 * Of the whole file; undefined where there is none.
 * @throws TransientError, LongattnError INPUT_UNREADABLE for an answer that is not what was asked for
 */
function wholeSize(path: string, response: Response, start: number, end: number): number | undefined {
  const { status, headers } = response;
  if (status === 404 || status === 410) return undefined;
  if (path.startsWith('https:') && response.url.startsWith('http:')) {
    throw unreadable(path, 'the server redirects to an address that is not encrypted');
  }
  const range = headers.get('content-range') ?? '';
  // Of an empty file no byte can be asked for.
  if (status === 416 && /^bytes \*\/\d{1,15}$/.test(range)) return Number(range.slice('bytes */'.length));
  if (status === 408 || status === 429 || status >= 500) {
    throw new TransientError(unreadable(path, `the server answers with status ${status}`), askedWait(headers));
  }
  if (status !== 200 && status !== 206) throw unreadable(path, `the server answers with status ${status}`);
  return sizeOf(path, response, start, end);
}

/** What tells one content from the next: the ETag, else the time of the last change. */
function tagOf(headers: Headers): string | undefined {
  return headers.get('etag') ?? headers.get('last-modified') ?? undefined;
}
