// A web server on 127.0.0.1 that serves bytes by name, with ranges and tags, counts what it is asked, and misbehaves on request.
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What to do instead of answering as usual. */
export interface Fault {
  status?: number;
  headers?: Record<string, string>;
  /** Close the connection after so many bytes of the body. */
  cutAfter?: number;
  ignoreRange?: boolean;
}

export class FileServer {
  readonly files = new Map<string, Buffer>();
  readonly asked: { name: string; headers: http.IncomingHttpHeaders }[] = [];
  fault: (name: string, request: number) => Fault | undefined = () => undefined;
  private readonly server = http.createServer((request, response) => this.answer(request, response));

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
    const name = decodeURIComponent(request.url!.slice(1));
    this.asked.push({ name, headers: request.headers });
    const fault = this.fault(name, this.asked.length) ?? {};
    const content = this.files.get(name);
    if (fault.status !== undefined || !content) {
      response.writeHead(fault.status ?? 404, fault.headers).end();
      return;
    }
    const etag = `"${createHash('md5').update(content).digest('hex')}"`;
    const range = fault.ignoreRange ? null : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, last] = range ? [Number(range[1]), Math.min(Number(range[2]), content.length - 1)] : [0, Infinity];
    if (range && start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const body = content.subarray(start, last + 1);
    response.writeHead(range ? 206 : 200, {
      'content-length': body.length,
      ...(range && { 'content-range': `bytes ${start}-${last}/${content.length}` }),
      etag,
      ...fault.headers,
    });
    if (fault.cutAfter === undefined) response.end(body);
    else response.write(body.subarray(0, fault.cutAfter), () => setImmediate(() => response.destroy()));
  }
}
