// Files of this machine into a bucket of Google Cloud Storage.
//
// The server keeps md5 sums, no sha256: it is told the md5 beforehand and refuses other bytes, and what it then holds is compared.
import type { Storage as Client } from '@google-cloud/storage';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { retrying, type Sleep } from '../hub/retry.js';
import { bucketAndKey } from './address.js';
import { uploadFailed } from './faults.js';
import { gsFault } from './gs-fault.js';
import type { Outgoing, StoredFile, Upload, UploadHooks } from './storage.js';

/** Above, the client sends it so that a cut connection goes on where it was cut. */
const RESUMABLE_BYTES = 16 << 20;

export class GsUpload implements Upload {
  /** @param resumableBytes for tests */
  constructor(
    private readonly client: Client,
    private readonly sleep: Sleep,
    private readonly resumableBytes = RESUMABLE_BYTES,
  ) {}

  /** By the generation that it had when it was sent. */
  isThere(file: Outgoing, listed: StoredFile, tag: string | undefined): boolean {
    return tag !== undefined && listed.etag === tag && listed.bytes === file.bytes;
  }

  async put(file: Outgoing, address: string, { signal, onSent }: UploadHooks = {}) {
    const { bucket, key } = bucketAndKey(address);
    const object = this.client.bucket(bucket).file(key);
    const md5Hash = await md5Of(file.path);
    const attempt = async (): Promise<{ md5Hash?: string; size?: string | number; generation?: string | number }> => {
      try {
        const options = {
          resumable: file.bytes > this.resumableBytes,
          validation: false,
          metadata: { md5Hash, metadata: { sha256: file.sha256 } },
        };
        await pipeline(createReadStream(file.path), object.createWriteStream(options), { ...(signal && { signal }) });
        return (await object.getMetadata())[0];
      } catch (error) {
        throw gsFault(address, error, 'write');
      }
    };
    const held = await retrying(attempt, { sleep: this.sleep, signal: signal ?? NEVER });
    if (held.md5Hash !== md5Hash || Number(held.size) !== file.bytes) {
      throw uploadFailed(address, 'the server holds other bytes than it was sent');
    }
    onSent?.(file.bytes);
    return { sent: file.bytes, tag: held.generation === undefined ? undefined : String(held.generation) };
  }

  finish(): Promise<number> {
    return Promise.resolve(0);
  }
}

const NEVER = new AbortController().signal;

async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('base64');
}
