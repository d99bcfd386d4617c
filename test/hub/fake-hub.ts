// A server on 127.0.0.1 that answers like the Hub, and a second one on another port as its CDN. It counts what it serves and
// misbehaves on request.
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writes } from './take-writes.js';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export interface FakeRepo {
  commit: string;
  /** Branches and tags by name. */
  revisions: Record<string, string>;
  files: Map<string, Buffer>;
  gated?: boolean;
  /** Takes nothing from any token. */
  readOnly?: boolean;
  /** Only this token may see it; others are told that there is nothing. */
  privateTo?: string;
}

export interface Served {
  server: 'hub' | 'cdn';
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  /** Bytes of the body that were sent. */
  bytes: number;
}

/** What to do instead of answering as usual. */
export interface Fault {
  status?: number;
  headers?: Record<string, string>;
  /** Close the connection after so many bytes of the body. */
  cutAfter?: number;
  ignoreRange?: boolean;
  contentRange?: string;
  etag?: string;
  /** Serve other bytes than the file's. */
  body?: Buffer;
  redirectTo?: string;
  /** Never answer. */
  silent?: boolean;
}

export type FaultRule = (request: Omit<Served, 'bytes'>) => Fault | undefined;

export class FakeHub {
  readonly repos = new Map<string, FakeRepo>();
  readonly served: Served[] = [];
  readonly writes = new Writes(this);
  fault: FaultRule = () => undefined;
  private readonly hub = http.createServer((request, response) => this.answerHub(request, response));
  private readonly cdn = http.createServer((request, response) => this.answerCdn(request, response));

  async start(): Promise<this> {
    for (const server of [this.hub, this.cdn]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return this;
  }

  async stop(): Promise<void> {
    for (const server of [this.hub, this.cdn]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  get endpoint(): string {
    return origin(this.hub);
  }

  get cdnOrigin(): string {
    return origin(this.cdn);
  }

  add(id: string, files: Record<string, Buffer | string>, more: Partial<FakeRepo> = {}): FakeRepo {
    const contents = new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content as Buffer)]));
    const repo = { commit: COMMIT, revisions: { main: COMMIT }, files: contents, ...more };
    this.repos.set(id, repo);
    return repo;
  }

  /** Body bytes that were sent for paths that end so. */
  bytesOf(end: string): number {
    return this.served.reduce((sum, { path, bytes }) => sum + (path.endsWith(end) ? bytes : 0), 0);
  }

  requestsOf(end: string): Served[] {
    return this.served.filter(({ path }) => path.endsWith(end));
  }

  private answerHub(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { served, fault, path } = this.begin('hub', request, response);
    if (!served) return;
    if (request.method === 'POST') return this.take(request, response, served);
    const [, api, id, kind, escaped, escapedFile] =
      /^\/(?:(api)\/(?:models\/)?)?((?:datasets\/)?[^/]+(?:\/[^/]+)?)\/(revision|resolve|tree)\/([^/]+)(?:\/(.+))?$/.exec(
        path,
      ) ?? [];
    const file = decodeURIComponent(escapedFile ?? '');
    const repo = this.repos.get(id ?? '');
    const token = served.authorization?.replace('Bearer ', '');
    if (!repo || (repo.privateTo !== undefined && repo.privateTo !== token)) {
      return end(response, 401, { 'x-error-code': 'RepoNotFound' });
    }
    const revision = decodeURIComponent(escaped ?? '');
    const commit = repo.revisions[revision] ?? (revision === repo.commit ? repo.commit : undefined);
    if (commit === undefined) return end(response, 404, { 'x-error-code': 'RevisionNotFound' });
    if (kind === 'tree') return this.sendTree(request, response, served, fault, repo, file);
    if (api !== undefined) {
      const siblings = [...repo.files.keys()].map((rfilename) => ({ rfilename }));
      return this.send(response, served, fault, Buffer.from(JSON.stringify({ id, sha: commit, siblings })));
    }
    if (repo.gated) return end(response, token === undefined ? 401 : 403, { 'x-error-code': 'GatedRepo' });
    const content = repo.files.get(file);
    if (!content) return end(response, 404, { 'x-error-code': 'EntryNotFound', 'x-repo-commit': commit });
    const headers = { 'x-repo-commit': commit };
    if (!isLarge(file)) {
      const etag = `"${fault.etag ?? blobOf(content)}"`;
      return this.send(response, served, fault, content, { ...headers, etag });
    }
    const etag = fault.etag ?? createHash('sha256').update(content).digest('hex');
    end(response, 302, {
      ...headers,
      'x-linked-etag': `"${etag}"`,
      'x-linked-size': String(content.length),
      location:
        fault.redirectTo ??
        `${this.cdnOrigin}/signed/${id}/${file.split('/').map(encodeURIComponent).join('/')}?X-Signature=secret-signature`,
    });
  }

  /** Writes need a token. */
  private take(request: http.IncomingMessage, response: http.ServerResponse, { path, authorization }: Served): void {
    const [, id = ''] = /^\/(?:api\/)?(datasets\/[^/]+\/[^/.]+)/.exec(path) ?? [];
    const repo = this.repos.get(id) ?? [...this.repos.values()][0]!;
    if (authorization === undefined) return end(response, 401, { 'x-error-code': 'RepoNotFound' });
    if (repo.readOnly) return end(response, 403);
    void this.writes.take(request, response, path, repo);
  }

  /** Files and folders below a folder, PAGE to a page. */
  private sendTree(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    served: Served,
    fault: Fault,
    repo: FakeRepo,
    folder: string,
  ): void {
    const inside = [...repo.files].filter(([name]) => folder === '' || name.startsWith(`${folder}/`));
    if (inside.length === 0) return end(response, 404, { 'x-error-code': 'EntryNotFound' });
    const entries = inside.map(([path, content]) => {
      const lfs = { oid: createHash('sha256').update(content).digest('hex'), size: content.length, pointerSize: 134 };
      return { type: 'file', path, size: content.length, oid: blobOf(content), ...(isLarge(path) && { lfs }) };
    });
    const folders = new Set(
      inside.flatMap(([name]) => (name.includes('/') ? [name.slice(0, name.lastIndexOf('/'))] : [])),
    );
    const all = [...entries, ...[...folders].map((path) => ({ type: 'directory', path, size: 0, oid: 'tree' }))];
    const url = new URL(request.url!, this.endpoint);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const page = all.slice(from, from + PAGE);
    url.searchParams.set('cursor', String(from + PAGE));
    const link = { link: `<${url.href}>; rel="next"` };
    this.send(response, served, fault, Buffer.from(JSON.stringify(page)), from + PAGE < all.length ? link : {});
  }

  private answerCdn(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { served, fault, path } = this.begin('cdn', request, response);
    if (!served) return;
    if (request.method === 'PUT')
      return void this.writes.takeObject(request, response, path, fault.cutAfter !== undefined);
    const [, id, file] = /^\/signed\/((?:datasets\/)?[^/]+(?:\/[^/]+)?)\/(.+)$/.exec(decodeURIComponent(path)) ?? [];
    const content = this.repos.get(id ?? '')?.files.get(file ?? '');
    if (!content) return end(response, 404);
    this.send(response, served, fault, content, { etag: '"of-the-cdn"' });
  }

  private begin(server: 'hub' | 'cdn', request: http.IncomingMessage, response: http.ServerResponse) {
    const path = new URL(request.url!, 'http://x').pathname;
    const { range, authorization } = request.headers;
    const served: Served = { server, path, range, authorization, bytes: 0 };
    this.served.push(served);
    const fault = this.fault(served) ?? {};
    if (fault.silent) return { served: undefined, fault, path };
    if (fault.status !== undefined) {
      end(response, fault.status, fault.headers);
      return { served: undefined, fault, path };
    }
    return { served, fault, path };
  }

  private send(
    response: http.ServerResponse,
    served: Served,
    fault: Fault,
    content: Buffer,
    headers: Record<string, string> = {},
  ): void {
    const whole = fault.body ?? content;
    const match = fault.ignoreRange ? null : /^bytes=(\d+)-(\d+)$/.exec(served.range ?? '');
    const start = match ? Number(match[1]) : 0;
    const stop = match ? Math.min(Number(match[2]) + 1, whole.length) : whole.length;
    if (match && start >= whole.length) return end(response, 416, { 'content-range': `bytes */${whole.length}` });
    const body = whole.subarray(start, stop);
    response.writeHead(match ? 206 : 200, {
      ...headers,
      ...fault.headers,
      'content-length': String(body.length),
      ...(match && { 'content-range': fault.contentRange ?? `bytes ${start}-${stop - 1}/${whole.length}` }),
    });
    if (fault.cutAfter === undefined) {
      served.bytes = body.length;
      response.end(body);
      return;
    }
    served.bytes = Math.min(fault.cutAfter, body.length);
    // A pause first: a client's stream throws away what it has not handed on when its connection breaks.
    response.write(body.subarray(0, fault.cutAfter), () =>
      setTimeout(() => response.destroy(), fault.cutAfter ? 50 : 0),
    );
  }
}

const PAGE = 3;

/** Files that lie with the CDN. */
export const isLarge = (file: string): boolean => /\.(safetensors|parquet|arrow|gz|zst)$/.test(file);

const blobOf = (content: Buffer): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

/** Answer the first `times` requests that `match` with `fault`. */
export function first(times: number, match: (request: Omit<Served, 'bytes'>) => boolean, fault: Fault): FaultRule {
  let left = times;
  return (request) => (match(request) && left-- > 0 ? fault : undefined);
}

export const fromCdn = ({ server }: { server: string }): boolean => server === 'cdn';

function end(response: http.ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-length': '0', ...headers }).end();
}

function origin(server: http.Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Bytes that no two places of a file share, so that a misplaced range shows. */
export const noise = (bytes: number): Buffer => randomBytes(bytes);
