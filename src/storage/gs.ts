// Objects of Google Cloud Storage, by Google's own client: its credentials, and none where there are none, as public buckets need no account.
//
// The tag of an object is its generation, which every read asks for: one that was replaced is no longer there under it. An object that is
// stored packed (Content-Encoding) is read as it lies, or its size and ranges would be those of other bytes. Bytes do not come by the
// client's own stream: after a connection that is cut, that one waits for ever.
import type { File, Storage as Client } from '@google-cloud/storage';
import { setTimeout } from 'node:timers/promises';
import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici';
import { retrying, type Sleep } from '../hub/retry.js';
import { bucketAndKey } from './address.js';
import { changed, noRanges, unreadable } from './faults.js';
import { gsFault, statusOf } from './gs-fault.js';
import { GsUpload } from './gs-upload.js';
import { optionalPackage } from './optional-package.js';
import { RemoteStorage, upTo } from './remote-storage.js';
import type { ByteRange, StoredFile, Upload } from './storage.js';

/** Longest silence of a server, in milliseconds. */
const TIMEOUTS = { headersTimeout: 60_000, bodyTimeout: 60_000 };
const NEVER = new AbortController().signal;

export class GsStorage extends RemoteStorage {
  private dispatcher: Dispatcher | undefined;

  /**
   * @param authorize gives the headers that say who asks
   * @param sleep for tests
   */
  constructor(
    private readonly client: Client,
    private readonly authorize: () => Promise<Record<string, string>>,
    sleep: Sleep = (ms) => setTimeout(ms),
  ) {
    super(sleep);
  }

  async stat(path: string): Promise<StoredFile | undefined> {
    if (bucketAndKey(path).key === '') return undefined;
    return this.retrying(path, async () => {
      try {
        const [metadata] = await this.file(path).getMetadata();
        return { path, ...identity(path, metadata) };
      } catch (error) {
        if (isMissingObject(error)) return undefined;
        throw error;
      }
    });
  }

  async list(prefix: string): Promise<StoredFile[]> {
    const { bucket, key } = bucketAndKey(prefix);
    const [files] = await this.retrying(prefix, () => this.client.bucket(bucket).getFiles({ prefix: key }));
    return (
      files
        // Consoles make an empty object `folder/` for a folder.
        .filter(({ name }) => !name.endsWith('/'))
        .map(({ name, metadata }) => {
          const path = `gs://${bucket}/${name}`;
          return { path, ...identity(path, metadata) };
        })
    );
  }

  upload(): Upload {
    return new GsUpload(this.client, this.sleep);
  }

  protected async *request(file: StoredFile, { start, end }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    const { bucket, key } = bucketAndKey(file.path);
    const place = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(key)}?alt=media`;
    const generation = file.etag === undefined ? '' : `&generation=${file.etag}`;
    try {
      const { statusCode, body } = await request(`${this.client.apiEndpoint}${place}${generation}`, {
        dispatcher: (this.dispatcher ??= new EnvHttpProxyAgent(TIMEOUTS)),
        // `gzip` is what makes the server send packed objects as they lie.
        headers: { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'gzip', ...(await this.authorize()) },
      });
      try {
        if (statusCode === 404) throw changed(file, 'is gone, or replaced; it was another object');
        if (statusCode === 416) throw changed(file, `has fewer bytes than the ${file.bytes} that it had`);
        if (statusCode !== 200 && statusCode !== 206) throw Object.assign(new Error(), { code: statusCode });
        if (statusCode !== 206 && start > 0) throw noRanges(file.path);
        yield* upTo(end - start, body as AsyncIterable<Uint8Array>);
      } finally {
        body.on('error', () => undefined).destroy();
      }
    } catch (error) {
      throw gsFault(file.path, error);
    }
  }

  private file(path: string): File {
    const { bucket, key } = bucketAndKey(path);
    return this.client.bucket(bucket).file(key);
  }

  private retrying<T>(path: string, attempt: () => Promise<T>): Promise<T> {
    const once = (): Promise<T> =>
      attempt().catch((error: unknown) => {
        throw gsFault(path, error);
      });
    return retrying(once, { sleep: this.sleep, signal: NEVER });
  }
}

/** @throws LongattnError STORAGE_PACKAGE_MISSING */
export async function openGs(): Promise<GsStorage> {
  const sdk = await optionalPackage('gs://', ['@google-cloud/storage'], () => import('@google-cloud/storage'));
  // What is sent is held against its sum, so that a second attempt does no harm.
  const retryOptions = { idempotencyStrategy: sdk.IdempotencyStrategy.RetryAlways };
  const client = new sdk.Storage({ retryOptions });
  // With STORAGE_EMULATOR_HOST the client leaves the path out, which emulators want as Google does.
  client.baseUrl = `${client.apiEndpoint}/storage/v1`;
  return new GsStorage(client, async () => {
    // As the client does: an emulator asks for no account, and where no credentials are found the request goes without.
    if (process.env['STORAGE_EMULATOR_HOST']) return {};
    return client.authClient.getRequestHeaders().catch((error: unknown) => {
      if (/Could not load the default credentials/.test((error as Error).message)) return {};
      throw error;
    });
  });
}

/** @throws LongattnError INPUT_UNREADABLE */
export function identity(
  path: string,
  { size, generation }: { size?: string | number | undefined; generation?: string | number | undefined },
): Omit<StoredFile, 'path'> {
  if (!/^\d{1,15}$/.test(String(size))) throw unreadable(path, 'the server does not say how long it is');
  return { bytes: Number(size), ...(generation !== undefined && { etag: String(generation) }) };
}

/** Of a missing bucket the server says so. */
function isMissingObject(error: unknown): boolean {
  return statusOf(error) === 404 && !/bucket/i.test((error as Error).message);
}
