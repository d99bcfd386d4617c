// Requests to one Hub: redirects followed by hand, so that the token goes to the endpoint's own origin and nowhere else.
//
// @huggingface/hub is not used to read: its errors do not carry Retry-After or X-Error-Code, its ranges are not checked against
// Content-Range, and its cache writer prints, gives two processes the same temporary name and checks no length.
import { setTimeout } from 'node:timers/promises';
import { environmentError, type LongattnError } from '../base/errors.js';
import { version } from '../base/version.js';
import { statusError, describe, type Asked } from './http-errors.js';
import { retrying, TransientError, type Sleep } from './retry.js';
import type { HubSettings } from './settings.js';
import { SilenceWatch } from './silence-watch.js';
import type { Token } from './token.js';

const MAX_REDIRECTS = 5;
const userAgent = `longattn/${version}; node/${process.versions.node}`;
const REDIRECTS = [301, 302, 303, 307, 308];

/** An answer with a status below 300. Its body must be read to the end or cancelled. */
export interface HubAnswer {
  status: number;
  headers: Headers;
  /** Chunks of the body; a cut connection is a TransientError. */
  body: AsyncIterable<Uint8Array>;
  cancel: () => Promise<void>;
  /** Identity of the file's content, without quotes: that of the large file behind it where there is one. */
  etag: string | undefined;
  /** Commit that the endpoint answered for. */
  commit: string | undefined;
  /** Size of the file as the endpoint knows it. */
  linkedSize: number | undefined;
  where: string;
}

export class HubClient {
  readonly endpoint: string;
  readonly hasToken: boolean;
  private readonly origin: string;

  constructor(
    private readonly settings: HubSettings,
    private readonly token: Token | undefined,
    readonly signal: AbortSignal,
    private readonly fetch: typeof globalThis.fetch = globalThis.fetch,
    private readonly sleep: Sleep = sleepFor,
  ) {
    this.endpoint = settings.endpoint;
    this.origin = new URL(settings.endpoint).origin;
    this.hasToken = token !== undefined;
  }

  /** Run `attempt` again after transient failures. */
  retrying<T>(attempt: () => Promise<T>, progress?: () => number): Promise<T> {
    return retrying(attempt, { sleep: this.sleep, signal: this.signal, ...(progress && { progress }) });
  }

  /**
   * One attempt.
   * @param path below the endpoint, starting with a slash
   * @throws TransientError, FileNotFound, LongattnError HUB_*, or the signal's reason
   */
  async get(path: string, asked: Asked, headers: Record<string, string> = {}): Promise<HubAnswer> {
    let url = new URL(this.endpoint + path);
    let byEndpoint = true;
    const known: { etag?: string; commit?: string; linkedSize?: number } = {};
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      byEndpoint &&= url.origin === this.origin;
      const { response, watch } = await this.request(url, byEndpoint, headers, asked);
      if (byEndpoint) collect(known, response.headers);
      const location = response.headers.get('location');
      if (REDIRECTS.includes(response.status) && location !== null) {
        await watch.discard(response);
        url = this.next(url, location, asked);
        continue;
      }
      const where = url.origin + url.pathname;
      if (response.status >= 300) {
        await watch.discard(response);
        const tokenSource = byEndpoint ? this.token?.source : undefined;
        const { status, headers } = response;
        throw statusError({ status, headers, where, byEndpoint, endpoint: this.endpoint, tokenSource }, asked);
      }
      return {
        status: response.status,
        headers: response.headers,
        body: watch.read(response),
        cancel: () => watch.discard(response),
        etag: known.etag ?? plainEtag(response.headers.get('etag')),
        commit: known.commit,
        linkedSize: known.linkedSize,
        where,
      };
    }
    throw environmentError(
      'HUB_FAILED',
      `${describe(asked)}: ${this.endpoint} redirects more than ${MAX_REDIRECTS} times.`,
    );
  }

  /**
   * One request of another client, such as the Hub's own library: with our token where it goes to the endpoint, and with our errors.
   * @returns a success
   * @throws as `get`
   */
  async send(url: URL, init: RequestInit, asked: Asked): Promise<Response> {
    this.signal.throwIfAborted();
    const byEndpoint = url.origin === this.origin;
    const headers = new Headers(init.headers);
    headers.set('user-agent', userAgent);
    if (byEndpoint && this.token) headers.set('authorization', this.token.header());
    let response: Response;
    try {
      response = await this.fetch(url, { ...init, headers, redirect: 'manual' });
    } catch (cause) {
      init.signal?.throwIfAborted();
      throw this.cut(url, asked, cause);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    const tokenSource = byEndpoint ? this.token?.source : undefined;
    const where = url.origin + url.pathname;
    throw statusError(
      { status: response.status, headers: response.headers, where, byEndpoint, endpoint: this.endpoint, tokenSource },
      asked,
    );
  }

  private async request(url: URL, withToken: boolean, headers: Record<string, string>, asked: Asked) {
    this.signal.throwIfAborted();
    const watch = new SilenceWatch(this.settings.silenceMs, this.signal, (cause) => this.cut(url, asked, cause));
    const sent = {
      'user-agent': userAgent,
      // A compressed body would have other lengths and ranges than the file.
      'accept-encoding': 'identity',
      ...headers,
      ...(withToken && this.token && { authorization: this.token.header() }),
    };
    const response = await watch.run(() =>
      this.fetch(url, { headers: sent, redirect: 'manual', signal: watch.signal }),
    );
    return { response, watch };
  }

  private next(from: URL, location: string, asked: Asked): URL {
    let url: URL | undefined;
    try {
      url = new URL(location, from);
    } catch {
      // said below
    }
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && this.origin.startsWith('http:'))) return url;
    throw environmentError(
      'HUB_FAILED',
      `${describe(asked)}: ${from.origin} redirects to ${url ? `an address of the kind ${url.protocol}` : 'no valid address'}. Only https is followed.`,
    );
  }

  private cut(url: URL, asked: Asked, cause: unknown): TransientError {
    const detail = networkReason(cause);
    const proxy = this.settings.proxied
      ? ' The proxy in HTTPS_PROXY (HTTP_PROXY) was used, unless NO_PROXY names this host.'
      : '';
    const final: LongattnError = environmentError(
      'HUB_UNREACHABLE',
      `${describe(asked)}: the connection to ${url.origin} failed (${detail}). Check the network, then run the same command again: ` +
        `what is there already is kept. HF_ENDPOINT names another Hub, HF_HUB_OFFLINE=1 uses the cache alone.${proxy}`,
      cause,
    );
    return new TransientError(final);
  }
}

function collect(known: { etag?: string; commit?: string; linkedSize?: number }, headers: Headers): void {
  const etag = plainEtag(headers.get('x-linked-etag'));
  const commit = headers.get('x-repo-commit');
  const size = headers.get('x-linked-size');
  if (etag !== undefined) known.etag = etag;
  if (commit !== null) known.commit = commit;
  if (size !== null && /^\d{1,15}$/.test(size)) known.linkedSize = Number(size);
}

/** `W/"abc"` and `"abc"` become `abc`. */
function plainEtag(etag: string | null): string | undefined {
  return (
    etag
      ?.trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1') || undefined
  );
}

/** fetch hides the reason in `cause`. Its message never holds a header. */
function networkReason(error: unknown): string {
  const cause = (error as { cause?: unknown } | null)?.cause ?? error;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return [message, code].filter((part) => typeof part === 'string' && part !== '').join(', ') || 'no reason given';
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
