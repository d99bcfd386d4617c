// Files of this machine into a data set of the Hub, by the Hub's own library, in one commit: the Hub takes 128 an hour, and a reader sees
// the export whole or not at all.
//
// Each request of the library goes through longattn's client: that alone has the token, and gives it to the endpoint and nobody else.
// Large files are sent as LFS objects, which the Hub keeps by their sha256: what arrived before a kill is not sent again, though no commit
// names it. Xet, the library's other way, has no such names, and would have us trust what it stores.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { environmentError, LongattnError } from '../base/errors.js';
import type { HubClient } from '../hub/http-client.js';
import type { Asked } from '../hub/http-errors.js';
import { datasetPath } from './address.js';
import { uploadFailed } from './faults.js';
import type { Outgoing, Storage, StoredFile, Upload, UploadHooks } from './storage.js';

type Hub = typeof import('@huggingface/hub');

/** Errors after which the library may begin anew, such as that of an address of a CDN that has expired. */
const PASSING = ['HUB_FAILED', 'HUB_UNREACHABLE'];
const REFUSALS = ['HUB_FORBIDDEN', 'HUB_GATED', 'HUB_DATASET_NOT_FOUND'];

export class HfUpload implements Upload {
  private readonly staged = new Map<string, Outgoing>();

  /**
   * @param reads of the same data set
   * @param to below which all files lie
   */
  constructor(
    private readonly hub: Pick<Hub, 'commit'>,
    private readonly client: HubClient,
    private readonly reads: Required<Pick<Storage, 'list'>>,
    private readonly to: string,
  ) {}

  async isThere(file: Outgoing, listed: StoredFile): Promise<boolean> {
    if (listed.bytes !== file.bytes) return false;
    return listed.etag === file.sha256 || listed.etag === (await blobOf(file));
  }

  put(file: Outgoing, address: string): Promise<{ sent: number }> {
    this.staged.set(address, file);
    return Promise.resolve({ sent: 0 });
  }

  async finish({ signal, onSent }: UploadHooks = {}): Promise<number> {
    if (this.staged.size === 0) return 0;
    const { id, revision } = datasetPath(this.to);
    const asked = { id, revision };
    const total = [...this.staged.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    let [large, told] = [0, 0];
    const tell = (bytes: number): void => {
      const more = Math.min(bytes, total - told);
      told += more;
      onSent?.(more);
    };
    const count = (bytes: number): void => {
      large += bytes;
      tell(bytes);
    };
    for (;;) {
      const before = large;
      try {
        await this.commit(asked, count, signal);
        break;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(large > before && error instanceof LongattnError && PASSING.includes(error.code))) {
          throw this.told(error);
        }
      }
    }
    await this.verify();
    // The rest went in the commit itself, or was there.
    tell(total);
    this.staged.clear();
    return large + this.inline;
  }

  /** Bytes of files that went in the commit itself. */
  private inline = 0;

  private async commit(asked: Asked, count: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    const { id, revision } = asked;
    const root = this.to.slice(0, this.to.length - datasetPath(this.to).file.length).replace(/\/*$/, '/');
    const send = async (input: string, init: RequestInit = {}): Promise<Response> => {
      const answer = await this.client.retrying(() => this.client.send(new URL(input), init, asked));
      if (init.body instanceof Blob) count(init.body.size);
      else if (typeof init.body === 'string' && input.includes('/commit/')) this.inline = bytesIn(init.body);
      return answer;
    };
    const operations = [...this.staged].map(([address, { path }]) => ({
      operation: 'addOrUpdate' as const,
      path: address.slice(root.length),
      content: pathToFileURL(path),
    }));
    await this.hub.commit({
      repo: { type: 'dataset', name: id.slice('datasets/'.length) },
      branch: revision,
      title: `Add ${operations.length} files of an export of longattn`,
      operations,
      hubUrl: this.client.endpoint,
      fetch: send as typeof fetch,
      useXet: false,
      ...(signal && { abortSignal: signal }),
    });
  }

  /** The Hub lists each file with a sum of what it holds. */
  private async verify(): Promise<void> {
    const listed = new Map((await this.reads.list(this.to)).map((file) => [file.path, file]));
    for (const [address, file] of this.staged) {
      const found = listed.get(address);
      if (!found || !(await this.isThere(file, found))) {
        throw uploadFailed(address, 'the Hub holds other bytes than it was sent');
      }
    }
  }

  private told(error: unknown): unknown {
    if (error instanceof LongattnError) return REFUSALS.includes(error.code) ? notTaken(this.to, error) : error;
    // Of the library. Its message may quote an answer, and so a signed address.
    return uploadFailed(this.to, 'the Hub answered something that its library does not understand');
  }
}

export function notTaken(to: string, cause?: unknown): LongattnError {
  const { id } = datasetPath(to);
  return environmentError(
    'STORAGE_FORBIDDEN',
    `${to} is not taken from this account. The data set ${id.slice('datasets/'.length)} must be there (\`hf repos create\`, or the ` +
      'page of the Hub), and HF_TOKEN be a token that may write to it.',
    cause,
  );
}

/** The sum by which git names a file. */
async function blobOf({ path, bytes }: Outgoing): Promise<string> {
  const hash = createHash('sha1').update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Of the files in the lines of a commit. */
function bytesIn(lines: string): number {
  let bytes = 0;
  for (const line of lines.split('\n')) {
    const { key, value } = JSON.parse(line) as { key: string; value: { content?: string } };
    if (key === 'file') bytes += Buffer.byteLength(value.content ?? '', 'base64');
  }
  return bytes;
}
