// Objects of S3 and of servers that speak its protocol, by Amazon's own client: its credentials, endpoints, retries and signatures.
//
// Each read asks for the tag that the object had when it was listed (If-Match), and the answer is held against it all the same: not every
// server looks at the condition. What the client says of an error is not repeated: it may quote what was signed.
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { setTimeout } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { retrying, type Sleep } from '../hub/retry.js';
import { bucketAndKey } from './address.js';
import { changed, checkSame, noRanges, unreadable } from './faults.js';
import { optionalPackage } from './optional-package.js';
import { RemoteStorage, upTo } from './remote-storage.js';
import { s3Fault } from './s3-fault.js';
import { S3Upload } from './s3-upload.js';
import type { ByteRange, StoredFile, Upload } from './storage.js';

/** Longest silence of a server. */
const SILENCE_MS = 60_000;
const NEVER = new AbortController().signal;

type Sdk = typeof import('@aws-sdk/client-s3');

export class S3Storage extends RemoteStorage {
  /** @param sleep for tests */
  constructor(
    private readonly sdk: Sdk,
    private readonly client: S3Client,
    sleep: Sleep = (ms) => setTimeout(ms),
  ) {
    super(sleep);
  }

  /** By a range of one byte: the answer to HEAD has no body, and so does not tell a missing bucket from a missing object. */
  async stat(path: string): Promise<StoredFile | undefined> {
    if (bucketAndKey(path).key === '') return undefined;
    const answer = await this.retrying(path, () => this.get(path, { start: 0, end: 1 }));
    if (answer === 'missing') return undefined;
    if (answer === 'empty') return this.statEmpty(path);
    discard(answer);
    return { path, ...identity(path, answer) };
  }

  async list(prefix: string): Promise<StoredFile[]> {
    const { bucket, key } = bucketAndKey(prefix);
    const files: StoredFile[] = [];
    let token: string | undefined;
    do {
      const asked = { Bucket: bucket, Prefix: key, ...(token !== undefined && { ContinuationToken: token }) };
      const page = await this.retrying(prefix, () => this.client.send(new this.sdk.ListObjectsV2Command(asked)));
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        if (Key === undefined || Size === undefined)
          throw unreadable(prefix, 'the list of the server has no names or sizes');
        // Consoles make an empty object `folder/` for a folder.
        if (!Key.endsWith('/')) files.push({ path: `s3://${bucket}/${Key}`, bytes: Size, ...tagged(ETag) });
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return files;
  }

  upload(): Upload {
    return new S3Upload(this.sdk, this.client, this, this.sleep);
  }

  protected async *request(file: StoredFile, { start, end }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    const answer = await this.get(file.path, { start, end }, file).catch((error: unknown) => {
      throw s3Fault(file.path, error);
    });
    if (answer === 'missing') throw changed(file, 'is gone; it was there');
    if (answer === 'empty') throw changed(file, `has fewer bytes than the ${file.bytes} that it had`);
    try {
      checkSame(file, identity(file.path, answer));
      const first = /^bytes (\d+)-/.exec(answer.ContentRange ?? '')?.[1];
      if (first === undefined ? start > 0 : Number(first) !== start) throw noRanges(file.path);
      yield* upTo(end - start, answer.Body as Readable as AsyncIterable<Buffer>);
    } catch (error) {
      throw s3Fault(file.path, error);
    } finally {
      discard(answer);
    }
  }
  /**
   * One attempt, beyond those of the client. `empty`: there is no such byte.
   * @param listed the answer must be of this one
   */
  private async get(
    path: string,
    { start, end }: ByteRange,
    listed?: StoredFile,
  ): Promise<GetObjectCommandOutput | 'missing' | 'empty'> {
    const { bucket, key } = bucketAndKey(path);
    const asked = { Bucket: bucket, Key: key, Range: `bytes=${start}-${end - 1}` };
    try {
      return await this.client.send(
        new this.sdk.GetObjectCommand({ ...asked, ...(listed?.etag !== undefined && { IfMatch: listed.etag }) }),
      );
    } catch (error) {
      const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
      if (name === 'NoSuchKey') return 'missing';
      if ($metadata?.httpStatusCode === 412 && listed) throw changed(listed, 'has another tag than it had');
      if ($metadata?.httpStatusCode === 416) return 'empty';
      throw error;
    }
  }

  /** Of an empty object no byte can be asked for. */
  private async statEmpty(path: string): Promise<StoredFile> {
    const { bucket, key } = bucketAndKey(path);
    const head = await this.retrying(path, () =>
      this.client.send(new this.sdk.HeadObjectCommand({ Bucket: bucket, Key: key })),
    );
    return { path, bytes: head.ContentLength ?? 0, ...tagged(head.ETag) };
  }

  private retrying<T>(path: string, attempt: () => Promise<T>): Promise<T> {
    const once = (): Promise<T> =>
      attempt().catch((error: unknown) => {
        throw s3Fault(path, error);
      });
    return retrying(once, { sleep: this.sleep, signal: NEVER });
  }
}

/** @throws LongattnError STORAGE_PACKAGE_MISSING */
export async function openS3(env: NodeJS.ProcessEnv = process.env): Promise<S3Storage> {
  const sdk = await optionalPackage('s3://', ['@aws-sdk/client-s3'], () => import('@aws-sdk/client-s3'));
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'];
  // The client itself does not look at AWS_DEFAULT_REGION, which other tools use. Servers with an endpoint take any.
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || (endpoint ? 'us-east-1' : undefined);
  const client = new sdk.S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint && { endpoint, forcePathStyle: true }),
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: 15_000, socketTimeout: SILENCE_MS },
  });
  return new S3Storage(sdk, client);
}

function identity(
  path: string,
  { ContentRange, ContentLength, ETag }: GetObjectCommandOutput,
): Omit<StoredFile, 'path'> {
  const size = ContentRange === undefined ? ContentLength : Number(/\/(\d{1,15})$/.exec(ContentRange)?.[1] ?? NaN);
  if (size === undefined || Number.isNaN(size)) throw unreadable(path, 'the server does not say how long it is');
  return { bytes: size, ...tagged(ETag) };
}

function tagged(etag: string | undefined): { etag?: string } {
  return etag === undefined ? {} : { etag };
}

/** The connection would stay open until the body is read. */
function discard({ Body }: GetObjectCommandOutput): void {
  (Body as Readable | undefined)?.destroy();
}
