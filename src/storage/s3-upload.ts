// Files of this machine into a bucket. A large one in parts, so that a cut connection costs one of them; memory is that of one part.
//
// The server is told the sha256 of what it gets and refuses other bytes. Afterwards it is asked what it holds; one that keeps no such
// sums is asked for the bytes, which are hashed here.
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { retrying, type Sleep } from '../hub/retry.js';
import { bucketAndKey } from './address.js';
import { uploadFailed } from './faults.js';
import { s3Fault } from './s3-fault.js';
import type { Outgoing, Storage, StoredFile, Upload, UploadHooks } from './storage.js';

/** Of 10,000 parts at most. */
const PART_BYTES = 16 << 20;
const MAX_PARTS = 10_000;

type Sdk = typeof import('@aws-sdk/client-s3');
interface Place {
  Bucket: string;
  Key: string;
}

export class S3Upload implements Upload {
  /**
   * @param reads of the same bucket
   * @param partBytes for tests: servers of Amazon take no less than 5 MiB
   */
  constructor(
    private readonly sdk: Sdk,
    private readonly client: S3Client,
    private readonly reads: Pick<Storage, 'stat' | 'stream'>,
    private readonly sleep: Sleep,
    private readonly partBytes = PART_BYTES,
  ) {}

  /** By the tag that it had when it was sent. */
  isThere(file: Outgoing, listed: StoredFile, tag: string | undefined): boolean {
    return tag !== undefined && listed.etag === tag && listed.bytes === file.bytes;
  }

  async put(
    file: Outgoing,
    address: string,
    hooks: UploadHooks = {},
  ): Promise<{ sent: number; tag?: string | undefined }> {
    const { bucket: Bucket, key: Key } = bucketAndKey(address);
    const place = { Bucket, Key };
    const partBytes = Math.max(this.partBytes, Math.ceil(file.bytes / MAX_PARTS));
    const handle = await open(file.path);
    try {
      const sum =
        file.bytes <= partBytes
          ? await this.whole(handle, file, address, place, hooks)
          : await this.parts(handle, file, address, place, partBytes, hooks);
      return { sent: file.bytes, tag: await this.verify(file, address, place, sum) };
    } finally {
      await handle.close();
    }
  }

  finish(): Promise<number> {
    return Promise.resolve(0);
  }

  private async whole(handle: FileHandle, file: Outgoing, address: string, place: Place, hooks: UploadHooks) {
    const body = await readExactly(handle, file, 0, file.bytes);
    const sum = sha256(body);
    await this.retrying(address, hooks, () =>
      this.client.send(new this.sdk.PutObjectCommand({ ...place, Body: body, ChecksumSHA256: sum })),
    );
    hooks.onSent?.(body.length);
    return sum;
  }

  private async parts(
    handle: FileHandle,
    file: Outgoing,
    address: string,
    place: Place,
    partBytes: number,
    hooks: UploadHooks,
  ) {
    const { sdk, client } = this;
    const { UploadId } = await this.retrying(address, hooks, () =>
      client.send(new sdk.CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: 'SHA256' })),
    );
    if (!UploadId) throw uploadFailed(address, 'the server takes no file in parts');
    try {
      const sent: CompletedPart[] = [];
      for (let at = 0; at < file.bytes; at += partBytes) {
        const body = await readExactly(handle, file, at, Math.min(partBytes, file.bytes - at));
        const part = { PartNumber: sent.length + 1, ChecksumSHA256: sha256(body) };
        const { ETag } = await this.retrying(address, hooks, () =>
          client.send(new sdk.UploadPartCommand({ ...place, UploadId, ...part, Body: body })),
        );
        sent.push({ ...part, ETag });
        hooks.onSent?.(body.length);
      }
      const MultipartUpload = { Parts: sent };
      await this.retrying(address, hooks, () =>
        client.send(new sdk.CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload })),
      );
      const sums = sent.map(({ ChecksumSHA256 }) => Buffer.from(ChecksumSHA256!, 'base64'));
      return `${sha256(Buffer.concat(sums))}-${sums.length}`;
    } catch (error) {
      // Parts that are never put together are paid for. The first error is the one to tell.
      await client.send(new sdk.AbortMultipartUploadCommand({ ...place, UploadId })).catch(() => undefined);
      throw error;
    }
  }

  /**
   * @param sum what a server that keeps sums calls these bytes
   * @returns its tag
   */
  private async verify(file: Outgoing, address: string, place: Place, sum: string): Promise<string | undefined> {
    const head = await this.retrying(address, {}, () =>
      this.client.send(new this.sdk.HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' })),
    );
    const other = uploadFailed(address, 'the server holds other bytes than it was sent');
    if (head.ContentLength !== file.bytes) throw other;
    if (head.ChecksumSHA256 === sum) return head.ETag;
    const listed = await this.reads.stat(address);
    if (listed?.bytes !== file.bytes) throw other;
    const hash = createHash('sha256');
    for await (const chunk of this.reads.stream(listed)) hash.update(chunk);
    if (hash.digest('hex') !== file.sha256) throw other;
    return listed.etag;
  }

  private retrying<T>(address: string, { signal = NEVER }: UploadHooks, attempt: () => Promise<T>): Promise<T> {
    const once = (): Promise<T> =>
      attempt().catch((error: unknown) => {
        throw s3Fault(address, error, 'write');
      });
    return retrying(once, { sleep: this.sleep, signal });
  }
}

const NEVER = new AbortController().signal;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

async function readExactly(handle: FileHandle, file: Outgoing, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let read = 0;
  while (read < bytes) {
    const { bytesRead } = await handle.read(buffer, read, bytes - read, at + read);
    if (bytesRead === 0) throw uploadFailed(file.path, 'it became shorter while it was sent');
    read += bytesRead;
  }
  return buffer;
}
