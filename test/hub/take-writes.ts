// What a Hub does with files that are sent to a data set: it says which are large, takes those as LFS objects on its CDN, whole or in
// parts, each held against its sha256, and makes all visible by one commit.
import { createHash } from 'node:crypto';
import type http from 'node:http';
import { isLarge, type FakeHub, type FakeRepo } from './fake-hub.js';

export class Writes {
  /** By sha256. They stay, though no commit may name them. */
  readonly objects = new Map<string, Buffer>();
  readonly commits: { summary: string; paths: string[] }[] = [];
  /** Sizes of bodies that came as LFS objects, or parts of such. */
  readonly received: number[] = [];
  /** Larger objects come in parts of so many bytes. */
  partBytes = Infinity;
  private readonly parts = new Map<string, Buffer>();

  constructor(private readonly hub: Pick<FakeHub, 'endpoint' | 'cdnOrigin'>) {}

  /** A request to the endpoint. */
  async take(request: http.IncomingMessage, response: http.ServerResponse, path: string, repo: FakeRepo) {
    const text = String(await body(request));
    const answer = (value: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (path.includes('/preupload/')) {
      const { files } = JSON.parse(text) as { files: { path: string }[] };
      answer({ files: files.map(({ path }) => ({ path, uploadMode: isLarge(path) ? 'lfs' : 'regular' })) });
    } else if (path.endsWith('/info/lfs/objects/batch')) {
      const { objects } = JSON.parse(text) as { objects: { oid: string; size: number }[] };
      answer({ transfer: 'basic', objects: objects.map((object) => this.actionsFor(object)) });
    } else if (path.startsWith('/complete/')) {
      const oid = path.slice('/complete/'.length);
      const { parts } = JSON.parse(text) as { parts: { partNumber: number; etag: string }[] };
      const whole = Buffer.concat(parts.map(({ partNumber }) => this.parts.get(`${oid}/${partNumber}`)!));
      response.writeHead(this.keep(oid, whole) ? 200 : 400).end('{}');
    } else {
      const [header, ...entries] = text.split('\n').map((line) => JSON.parse(line) as Entry);
      const missing = entries.some(({ key, value }) => key === 'lfsFile' && !this.objects.has(value.oid));
      if (missing) return void response.writeHead(400).end();
      for (const { key, value } of entries) {
        repo.files.set(
          value.path,
          key === 'lfsFile' ? this.objects.get(value.oid)! : Buffer.from(value.content, 'base64'),
        );
      }
      this.commits.push({ summary: header!.value.summary, paths: entries.map(({ value }) => value.path) });
      answer({ commitOid: 'f'.repeat(40), commitUrl: 'http://127.0.0.1/' });
    }
  }

  /** PUT of an object or a part to the CDN. */
  async takeObject(request: http.IncomingMessage, response: http.ServerResponse, path: string, cut: boolean) {
    const [, oid = '', part] = path.slice(1).split('/');
    let content: Buffer;
    try {
      content = await body(request, cut);
    } catch {
      response.destroy();
      return;
    }
    this.received.push(content.length);
    if (part === undefined) return void response.writeHead(this.keep(oid, content) ? 200 : 400).end();
    this.parts.set(`${oid}/${part}`, content);
    response.writeHead(200, { etag: `"${part}"` }).end();
  }

  private actionsFor({ oid, size }: { oid: string; size: number }): unknown {
    if (this.objects.has(oid)) return { oid, size };
    const href = `${this.hub.cdnOrigin}/objects/${oid}`;
    const query = '?X-Signature=secret-signature';
    if (size <= this.partBytes) return { oid, size, actions: { upload: { href: href + query } } };
    const numbers = Array.from({ length: Math.ceil(size / this.partBytes) }, (_, i) => i + 1);
    const header = Object.fromEntries(numbers.map((n) => [String(n).padStart(5, '0'), `${href}/${n}${query}`]));
    const upload = {
      href: `${this.hub.endpoint}/complete/${oid}`,
      header: { ...header, chunk_size: String(this.partBytes) },
    };
    return { oid, size, actions: { upload } };
  }

  private keep(oid: string, content: Buffer): boolean {
    if (createHash('sha256').update(content).digest('hex') !== oid) return false;
    this.objects.set(oid, content);
    return true;
  }
}

interface Entry {
  key: string;
  value: { path: string; oid: string; content: string; summary: string };
}

async function body(request: http.IncomingMessage, cut = false): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (cut) throw new Error('cut');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
