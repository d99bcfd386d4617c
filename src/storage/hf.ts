// Files of data sets of the Hub, by longattn's own client of it: its token, endpoint, redirects and retries are those of models.
//
// A branch may move while a run goes on. Each answer is held against the tag of the file as it was listed, so that a push to another
// file does not matter, and one to this file ends the run.
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { environmentError, LongattnError } from '../base/errors.js';
import { collectBody } from '../hub/collect-body.js';
import { HubClient, type HubAnswer } from '../hub/http-client.js';
import { FileNotFound, type Asked } from '../hub/http-errors.js';
import { proxyFetch } from '../hub/proxy.js';
import { type Sleep } from '../hub/retry.js';
import { readSettings } from '../hub/settings.js';
import { readToken } from '../hub/token.js';
import { datasetPath } from './address.js';
import { sizeOf } from './answer-size.js';
import { changed, checkSame, noRanges } from './faults.js';
import { HfUpload, notTaken } from './hf-upload.js';
import { optionalPackage } from './optional-package.js';
import { RemoteStorage, upTo } from './remote-storage.js';
import type { ByteRange, StoredFile, Upload } from './storage.js';

/** A page of the list has 1,000 files: some 300 kB. */
const MAX_PAGE_BYTES = 50_000_000;
const NEVER = new AbortController().signal;

const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string().min(1),
    size: z.int().min(0),
    oid: z.string().min(1),
    lfs: z.object({ oid: z.string().min(1), size: z.int().min(0) }).optional(),
  }),
);

export class HfStorage extends RemoteStorage {
  constructor(
    private readonly client: HubClient,
    sleep: Sleep = (ms) => setTimeout(ms),
  ) {
    super(sleep);
  }

  async stat(path: string): Promise<StoredFile | undefined> {
    if (datasetPath(path).file === '') return undefined;
    try {
      const answer = await this.client.retrying(() => this.get(path, { start: 0, end: 1 }));
      await answer.cancel();
      return { path, ...identity(path, answer, { start: 0, end: 1 }) };
    } catch (error) {
      if (error instanceof FileNotFound) return undefined;
      if (!isOutside(error)) throw error;
    }
    const answer = await this.client.retrying(() => this.get(path));
    await answer.cancel();
    return { path, ...identity(path, answer, { start: 0, end: 0 }) };
  }

  async list(prefix: string): Promise<StoredFile[]> {
    const { id, revision, file } = datasetPath(prefix);
    const root = prefix.slice(0, prefix.length - file.length).replace(/\/*$/, '/');
    const asked = { id, revision };
    const files: StoredFile[] = [];
    let page: string | undefined = `/api/${id}/tree/${encodeURIComponent(revision)}/${escaped(file)}`.replace(
      /\/+$/,
      '',
    );
    page += '?recursive=true';
    while (page !== undefined) {
      const path: string = page;
      const found = await this.client
        .retrying(async () => {
          const answer = await this.client.get(path, asked);
          return { body: await collectBody(answer, MAX_PAGE_BYTES, asked), link: answer.headers.get('link') };
        })
        .catch((error: unknown) => {
          if (error instanceof FileNotFound) return undefined;
          throw error;
        });
      // No such folder.
      if (!found) return [];
      for (const { type, path, size, oid, lfs } of this.parse(found.body, asked)) {
        if (type !== 'file') continue;
        files.push({ path: root + path, bytes: lfs?.size ?? size, etag: lfs?.oid ?? oid });
      }
      page = this.nextPage(found.link, asked);
    }
    return files;
  }

  /** @throws LongattnError STORAGE_PACKAGE_MISSING, STORAGE_FORBIDDEN where there is no token */
  async upload(to: string): Promise<Upload> {
    const hub = await optionalPackage('export --to hf://', ['@huggingface/hub'], () => import('@huggingface/hub'));
    if (!this.client.hasToken) throw notTaken(to);
    return new HfUpload(hub, this.client, this, to);
  }

  protected async *request(file: StoredFile, range: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    const answer = await this.get(file.path, range).catch((error: unknown) => {
      if (error instanceof FileNotFound) throw changed(file, 'is gone; it was there');
      if (isOutside(error)) throw changed(file, `has fewer bytes than the ${file.bytes} that it had`);
      throw error;
    });
    try {
      checkSame(file, identity(file.path, answer, range));
      if (answer.status !== 206 && range.start > 0) throw noRanges(file.path);
      yield* upTo(range.end - range.start, answer.body);
    } finally {
      await answer.cancel();
    }
  }

  private get(address: string, range?: ByteRange): Promise<HubAnswer> {
    const { id, revision, file } = datasetPath(address);
    const path = `/${id}/resolve/${encodeURIComponent(revision)}/${escaped(file)}`;
    const headers = range ? { range: `bytes=${range.start}-${range.end - 1}` } : {};
    return this.client.get(path, { id, revision, file }, headers);
  }

  private parse(body: Buffer, { id, revision }: Asked): z.output<typeof treeSchema> {
    try {
      return treeSchema.parse(JSON.parse(body.toString('utf8')));
    } catch (error) {
      throw environmentError(
        'HUB_ANSWER_INVALID',
        `${this.client.endpoint} did not answer as a Hub when asked for the files of ${id}@${revision}. Check HF_ENDPOINT.`,
        error,
      );
    }
  }

  /** Of `<https://.../tree/main?cursor=...>; rel="next"`, what follows the endpoint. */
  private nextPage(link: string | null, { id }: Asked): string | undefined {
    const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
    if (next === undefined) return undefined;
    const { endpoint } = this.client;
    if (next.startsWith(`${endpoint}/`)) return next.slice(endpoint.length);
    throw environmentError(
      'HUB_ANSWER_INVALID',
      `${endpoint} names an address of another server for the rest of the list of ${id}. Check HF_ENDPOINT.`,
    );
  }
}

/** @throws LongattnError HUB_OFFLINE, INVALID_OPTION, TOKEN_INVALID, TOKEN_UNREADABLE */
export async function openHf(env: NodeJS.ProcessEnv = process.env): Promise<HfStorage> {
  const settings = readSettings(env);
  if (settings.offline) {
    throw environmentError('HUB_OFFLINE', 'hf:// must not be read: HF_HUB_OFFLINE is set. Unset it, or give paths.');
  }
  return new HfStorage(new HubClient(settings, await readToken(env, settings), NEVER, await proxyFetch(env)));
}

function identity(path: string, answer: HubAnswer, { start, end }: ByteRange): Omit<StoredFile, 'path'> {
  const bytes = sizeOf(path, answer, start, end);
  if (answer.etag === undefined) {
    throw environmentError('HUB_ANSWER_INVALID', `${path}: ${answer.where} gave no ETag. Check HF_ENDPOINT.`);
  }
  return { bytes, etag: answer.etag };
}

const escaped = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** The client's error for a range beyond the end of a file, such as any range of an empty one. */
function isOutside(error: unknown): boolean {
  return error instanceof LongattnError && error.code === 'HUB_FILE_CHANGED';
}
