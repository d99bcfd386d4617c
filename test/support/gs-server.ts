// A server on 127.0.0.1 that answers like the JSON interface of Google Cloud Storage: objects with generations, ranges, pages of lists, and
// uploads whole or resumable, held against their md5. It misbehaves on request.
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from './request-body.js';

export interface GsFault {
  status?: number;
  message?: string;
  cutAfter?: number;
  ignoreRange?: boolean;
}

interface Stored {
  content: Buffer;
  generation: number;
}

export class GsServer {
  readonly objects = new Map<string, Stored>();
  readonly asked: { method: string; path: string }[] = [];
  readonly bucket = 'bkt';
  pageSize = 1000;
  fault: (request: { method: string; path: string }, count: number) => GsFault | undefined = () => undefined;
  /** What is kept of what is sent. */
  keeps: (content: Buffer) => Buffer = (content) => content;
  #generation = 1_000_000;
  readonly #sessions = new Map<string, { name: string; md5Hash: string; size?: number; content: Buffer }>();
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  set(name: string, content: Buffer | string): void {
    this.objects.set(name, { content: Buffer.from(content as Buffer), generation: ++this.#generation });
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.endpoint);
    const asked = { method: request.method!, path: url.pathname };
    this.asked.push(asked);
    const fault = this.fault(asked, this.asked.length) ?? {};
    const body = await bodyOf(request, response, fault.cutAfter !== undefined);
    if (!body) return;
    if (fault.status !== undefined) return fail(response, fault.status, fault.message ?? 'what was sent');
    const [, upload, bucket, object] = /^\/(upload\/)?storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? [];
    if (url.pathname.startsWith('/session/')) return this.#continue(request, response, url.pathname, body);
    if (bucket !== this.bucket) return fail(response, 404, 'The specified bucket does not exist.');
    if (upload !== undefined) return this.#take(request, response, url, body);
    if (object === undefined) return json(response, this.#list(url.searchParams));
    const name = decodeURIComponent(object);
    const stored = this.objects.get(name);
    const generation = url.searchParams.get('generation');
    if (!stored || (generation !== null && generation !== String(stored.generation))) {
      return fail(response, 404, `No such object: ${bucket}/${name}`);
    }
    if (url.searchParams.get('alt') === 'media') return send(request, response, stored.content, fault);
    json(response, metadata(name, stored));
  }

  #list(asked: URLSearchParams): unknown {
    const from = Number(asked.get('pageToken') ?? 0);
    const names = [...this.objects.keys()].filter((name) => name.startsWith(asked.get('prefix') ?? '')).sort();
    const page = names.slice(from, from + this.pageSize);
    const more = from + page.length < names.length;
    return {
      items: page.map((name) => metadata(name, this.objects.get(name)!)),
      ...(more && { nextPageToken: String(from + page.length) }),
    };
  }

  #take(request: http.IncomingMessage, response: http.ServerResponse, url: URL, body: Buffer): void {
    const name = url.searchParams.get('name')!;
    if (url.searchParams.get('uploadType') === 'resumable') {
      const { md5Hash } = JSON.parse(String(body)) as { md5Hash: string };
      const session = `/session/${this.#sessions.size + 1}`;
      this.#sessions.set(session, { name, md5Hash, content: Buffer.alloc(0) });
      response.writeHead(200, { location: this.endpoint + session }).end();
      return;
    }
    const boundary = Buffer.from(
      `--${/boundary=(\S+)/.exec(request.headers['content-type']!)![1]!.replace(/["']/g, '')}`,
    );
    const parts = split(body, boundary).slice(1, -1);
    const [head, content] = parts.map((part) => part.subarray(part.indexOf('\r\n\r\n') + 4, -2));
    this.#keep(response, name, (JSON.parse(String(head)) as { md5Hash: string }).md5Hash, content!);
  }

  /** `content-range: bytes a-b/size`, or `bytes *∕size` to ask how far it is. */
  #continue(request: http.IncomingMessage, response: http.ServerResponse, path: string, body: Buffer): void {
    const session = this.#sessions.get(path)!;
    session.content = Buffer.concat([session.content, body]);
    const size = /\/(\d+)$/.exec(request.headers['content-range'] ?? '')?.[1];
    if (size !== undefined && session.content.length < Number(size)) {
      response.writeHead(308, session.content.length ? { range: `bytes=0-${session.content.length - 1}` } : {}).end();
      return;
    }
    this.#keep(response, session.name, session.md5Hash, session.content);
  }

  #keep(response: http.ServerResponse, name: string, md5Hash: string, content: Buffer): void {
    if (md5(content) !== md5Hash) return fail(response, 400, 'Provided MD5 hash does not match');
    this.set(name, this.keeps(content));
    json(response, metadata(name, this.objects.get(name)!));
  }
}

function send(request: http.IncomingMessage, response: http.ServerResponse, content: Buffer, fault: GsFault): void {
  const range = fault.ignoreRange ? null : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [start, last] = range ? [Number(range[1]), Math.min(Number(range[2]), content.length - 1)] : [0, Infinity];
  if (range && start >= content.length) return fail(response, 416, 'range');
  const body = content.subarray(start, last + 1);
  const headers = { 'content-length': body.length, 'x-goog-stored-content-encoding': 'identity' };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    ...(range && { 'content-range': `bytes ${start}-${last}/${content.length}` }),
  });
  if (fault.cutAfter === undefined) response.end(body);
  else response.write(body.subarray(0, fault.cutAfter), () => setTimeout(() => response.destroy(), 20));
}

const md5 = (content: Buffer): string => createHash('md5').update(content).digest('base64');

function metadata(name: string, { content, generation }: Stored): unknown {
  return { name, size: String(content.length), generation: String(generation), md5Hash: md5(content) };
}

function json(response: http.ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function fail(response: http.ServerResponse, code: number, message: string): void {
  const error = { code, message, errors: [{ message, reason: 'test' }] };
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
}

function split(whole: Buffer, by: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = whole.indexOf(by); at >= 0; at = whole.indexOf(by, from)) {
    parts.push(whole.subarray(from, at));
    from = at + by.length;
  }
  return [...parts, whole.subarray(from)];
}
