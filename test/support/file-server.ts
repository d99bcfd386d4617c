// A web server on 127.0.0.1 that serves bytes by name, with ranges and tags, counts what it is asked, and misbehaves on request. It
// answers as S3 does where that asks for more than the web: BUCKET/KEY are names, missing ones have a body, `list-type=2` lists, and
// files are taken whole or in parts, held against the sha256 that comes with them.
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from './request-body.js';

/** What to do instead of answering as usual. */
export interface Fault {
  status?: number;
  headers?: Record<string, string>;
  /** Close the connection after so many bytes of the body. */
  cutAfter?: number;
  ignoreRange?: boolean;
  /** Send the body then. */
  until?: Promise<unknown>;
  /** Beside `status`. */
  body?: string;
}

export class FileServer {
  readonly files = new Map<string, Buffer>();
  readonly asked: {
    name: string;
    method?: string | undefined;
    headers: http.IncomingHttpHeaders;
    /** Of the body that was given. */
    bytes?: number;
  }[] = [];
  /** Keeps the sha256 of what it is sent, as servers of S3 do. */
  keepsSums = true;
  private readonly sums = new Map<string, string>();
  private readonly parts = new Map<string, Buffer[]>();
  /** Names in an answer to a list. */
  pageSize = 1000;
  fault: (name: string, request: number) => Fault | undefined = () => undefined;
  private readonly server = http.createServer((request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') this.answer(request, response);
    else void this.take(request, response);
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The address of a file, which is there from now on where `content` is given. */
  address(name: string, content?: Buffer | string): string {
    if (content !== undefined) this.files.set(name, Buffer.from(content as Buffer));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${name}`;
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://127.0.0.1');
    const name = decodeURIComponent(pathname.slice(1));
    this.asked.push({ name, method: request.method, headers: request.headers });
    const fault = this.fault(name, this.asked.length) ?? {};
    const content = this.files.get(name);
    if (fault.status === undefined && searchParams.has('list-type')) {
      response.end(this.list(name.replace(/\/$/, ''), searchParams));
      return;
    }
    if (fault.status !== undefined || !content) {
      response.writeHead(fault.status ?? 404, fault.headers);
      response.end(fault.body ?? (request.method === 'HEAD' ? '' : s3Error('NoSuchKey')));
      return;
    }
    const etag = etagOf(content);
    if (!fault.ignoreRange && (request.headers['if-match'] ?? etag) !== etag) {
      response.writeHead(412).end(s3Error('PreconditionFailed'));
      return;
    }
    const range = fault.ignoreRange ? null : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, last] = range ? [Number(range[1]), Math.min(Number(range[2]), content.length - 1)] : [0, Infinity];
    if (range && start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const body = content.subarray(start, last + 1);
    this.asked.at(-1)!.bytes = body.length;
    response.writeHead(range ? 206 : 200, {
      'content-length': body.length,
      ...(range && { 'content-range': `bytes ${start}-${last}/${content.length}` }),
      etag,
      ...(this.sums.has(name) && { 'x-amz-checksum-sha256': this.sums.get(name) }),
      ...fault.headers,
    });
    if (fault.until) void fault.until.then(() => response.end(body));
    else if (fault.cutAfter === undefined) response.end(body);
    else response.write(body.subarray(0, fault.cutAfter), () => setImmediate(() => response.destroy()));
  }

  /** PUT of a file or a part, POST that begins or ends the parts, DELETE of parts. */
  private async take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://127.0.0.1');
    const name = decodeURIComponent(pathname.slice(1));
    this.asked.push({ name, method: request.method, headers: request.headers });
    const fault = this.fault(name, this.asked.length) ?? {};
    const body = await bodyOf(request, response, fault.cutAfter !== undefined);
    if (!body) return;
    if (fault.status !== undefined) return void response.writeHead(fault.status, fault.headers).end(fault.body);
    const sum = sha256(body);
    const told = request.headers['x-amz-checksum-sha256'];
    const upload = searchParams.get('uploadId') ?? '';
    if (request.method === 'DELETE') {
      this.parts.delete(upload);
      response.writeHead(204).end();
    } else if (request.method === 'POST' && searchParams.has('uploads')) {
      const id = String(this.asked.length);
      this.parts.set(id, []);
      response.end(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    } else if (request.method === 'POST') {
      const parts = this.parts.get(upload)!;
      this.parts.delete(upload);
      this.keep(
        name,
        Buffer.concat(parts),
        `${sha256(Buffer.concat(parts.map((part) => digest(part))))}-${parts.length}`,
      );
      response.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
    } else if (told !== undefined && told !== sum) {
      response.writeHead(400).end(s3Error('BadDigest'));
    } else {
      if (upload === '') this.keep(name, body, sum);
      else this.parts.get(upload)![Number(searchParams.get('partNumber')) - 1] = body;
      response.writeHead(200, { etag: etagOf(body) }).end();
    }
  }

  /** Parts that were begun, and neither put together nor given up. */
  get openUploads(): number {
    return this.parts.size;
  }

  private keep(name: string, content: Buffer, sum: string): void {
    this.files.set(name, content);
    if (this.keepsSums) this.sums.set(name, sum);
  }

  private list(bucket: string, asked: URLSearchParams): string {
    const prefix = `${bucket}/${asked.get('prefix') ?? ''}`;
    const from = Number(asked.get('continuation-token') ?? 0);
    const names = [...this.files.keys()].filter((name) => name.startsWith(prefix)).sort();
    const page = names.slice(from, from + this.pageSize);
    const more = from + page.length < names.length;
    const entries = page.map((name) => {
      const content = this.files.get(name)!;
      const key = name.slice(bucket.length + 1).replaceAll('&', '&amp;');
      return `<Contents><Key>${key}</Key><Size>${content.length}</Size><ETag>${etagOf(content)}</ETag></Contents>`;
    });
    const next = more ? `<NextContinuationToken>${from + page.length}</NextContinuationToken>` : '';
    return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`;
  }
}

export function s3Error(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>what was signed</Message></Error>`;
}

const digest = (content: Buffer): Buffer => createHash('sha256').update(content).digest();
const sha256 = (content: Buffer): string => digest(content).toString('base64');

function etagOf(content: Buffer): string {
  return `"${createHash('md5').update(content).digest('hex')}"`;
}
