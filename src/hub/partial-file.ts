// A weight file of which only parts are here: sparse, of the true size, with a ledger of what is complete beside it.
//
// Several processes may fill one file: all write the same bytes to the same places, and a ledger is merged before it is saved. So
// the file appears by a hard link, which fails where another process was first, and is never replaced: a replaced file would
// lose what others have entered as complete.
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { environmentError } from '../base/errors.js';
import { errorCode, ifExists, nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { writeError } from '../io/io-error.js';
import { temporaryPath } from '../io/temporary.js';
import { mergeRanges, subtractRanges, type ByteRange } from '../model/byte-ranges.js';
import { readLedger, writeLedger, type RangeLedger } from '../model/range-ledger.js';
import type { RemoteFile, RemoteIdentity } from './read-range.js';

export class PartialFile {
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    private readonly ledger: RangeLedger,
  ) {}

  /** Open what an earlier download left; undefined where nothing is there. @throws LongattnError CACHE_DAMAGED */
  static async open(path: string, fs: FileSystem = nodeFileSystem): Promise<PartialFile | undefined> {
    const found = await ifExists(fs.stat(path));
    if (!found) return undefined;
    const ledger = await readLedger(path);
    if (ledger?.size !== found.size) {
      throw environmentError(
        'CACHE_DAMAGED',
        `${path} and its record of downloaded ranges do not belong together. Remove the folder ${dirname(path)}, then run again.`,
      );
    }
    try {
      return new PartialFile(path, await fs.open(path, 'r+'), ledger);
    } catch (error) {
      throw writeError(error, path);
    }
  }

  /** Start a file with its first bytes. Where another process was first, its file is opened. */
  static async create(
    path: string,
    remote: RemoteFile,
    identity: RemoteIdentity,
    first: Buffer,
    fs: FileSystem = nodeFileSystem,
  ): Promise<PartialFile> {
    const draft = temporaryPath(path);
    const { id, commit } = remote;
    try {
      await fs.mkdir(dirname(path), { recursive: true });
      const handle = await fs.open(draft, 'wx');
      try {
        await writeFully(handle, first, 0);
        await handle.truncate(identity.size);
        await handle.sync();
      } finally {
        await handle.close();
      }
      // Before the file: one without a ledger counts as whole.
      await writeLedger(path, { version: 1, id, commit, ...identity, complete: [[0, first.byteLength]] });
      await publish(draft, path, fs);
      return (await PartialFile.open(path, fs))!;
    } catch (error) {
      throw writeError(error, path);
    } finally {
      await fs.rm(draft, { force: true });
    }
  }

  get identity(): RemoteIdentity {
    const { etag, size } = this.ledger;
    return { etag, size };
  }

  get name(): string {
    return basename(this.path);
  }

  missing(wanted: readonly ByteRange[]): ByteRange[] {
    return subtractRanges(wanted, this.ledger.complete);
  }

  async write(chunk: Uint8Array, at: number): Promise<void> {
    try {
      await writeFully(this.handle, chunk, at);
    } catch (error) {
      throw writeError(error, this.path);
    }
  }

  /** Enter ranges that have been written. */
  enter(range: ByteRange): void {
    this.ledger.complete = mergeRanges([...this.ledger.complete, range]).map(([a, b]) => [a, b]);
  }

  /** Make what was entered survive the end of this process, and a power cut: data first, then the ledger. */
  save(): Promise<void> {
    this.saving = this.saving.then(async () => {
      const entered = { ...this.ledger };
      try {
        await this.handle.datasync();
        const others = await readLedger(this.path);
        entered.complete = mergeRanges([...entered.complete, ...(others?.complete ?? [])]).map(([a, b]) => [a, b]);
        await writeLedger(this.path, entered);
      } catch (error) {
        throw writeError(error, this.path);
      }
    });
    return this.saving;
  }

  async close(): Promise<void> {
    await this.saving.catch(() => undefined); // told where it was asked for
    await this.handle.close();
  }
}

/** Give the draft its name, unless another process has given it to its own. */
async function publish(draft: string, path: string, fs: FileSystem): Promise<void> {
  try {
    await fs.link(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** A single write may take fewer bytes than it was given. */
async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    at += (await handle.write(bytes, at, bytes.byteLength - at, position + at)).bytesWritten;
  }
}
