// The cache that Python's huggingface_hub keeps, read and written in its layout:
//   models--ORG--NAME/refs/REVISION            the commit that a branch or tag stood for
//                     blobs/ETAG               contents
//                     snapshots/COMMIT/FILE    a relative link to a blob
//                     .no_exist/COMMIT/FILE    the model has no such file
// Only whole files are put there. Names that come from a server (ETags, commits) are checked before they become paths.
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { environmentError, LongattnError } from '../base/errors.js';
import { writeAtomically } from '../io/atomic-file.js';
import { errorCode, ifExists } from '../io/file-system.js';
import { writeError } from '../io/io-error.js';
import { placeFile } from '../io/place-file.js';
import { collectBody } from './collect-body.js';
import type { HubClient } from './http-client.js';
import { describe, FileNotFound } from './http-errors.js';
import { cacheFolderName, isCommit, type ModelId } from '../model/model-id.js';
import { resolvePath, type RemoteFile } from './read-range.js';
import { TransientError } from './retry.js';
import type { HubSettings } from './settings.js';

/** The largest tokenizer.json has about 40 MB. */
const MAX_FILE_BYTES = 200_000_000;
const BLOB_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SHA256 = /^[0-9a-f]{64}$/;

export class HfCache {
  private readonly folder: string;

  constructor(
    private readonly settings: HubSettings,
    readonly model: ModelId,
  ) {
    this.folder = join(settings.hubCache, cacheFolderName(model.id));
  }

  /** The commit that the revision stood for when it was last asked for; undefined: never. */
  async commit(): Promise<string | undefined> {
    const { revision } = this.model;
    if (isCommit(revision)) return revision;
    const text = await readFile(join(this.folder, 'refs', revision), 'utf8').catch(() => '');
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  /** Note which commit the revision stands for, where the cache can be written: without the note the Hub is asked again. */
  async keepCommit(commit: string): Promise<void> {
    const { revision } = this.model;
    if (revision === commit || (await this.commit()) === commit) return;
    await this.noting(join(this.folder, 'refs', revision), (path) =>
      placeFile(path, (draft) => writeFile(draft, commit)),
    );
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** Path of a file in the snapshot; undefined where it is not cached. */
  async find(commit: string, file: string): Promise<string | undefined> {
    const path = join(this.snapshot(commit), file);
    return (await exists(path)) ? path : undefined;
  }

  /** Has the model been asked for this file, and said that it has none? */
  async isKnownAbsent(commit: string, file: string): Promise<boolean> {
    return exists(join(this.folder, '.no_exist', commit, file));
  }

  /** Note that the model has no such file, where the cache can be written. */
  async keepAbsence(commit: string, file: string): Promise<void> {
    await this.noting(join(this.folder, '.no_exist', commit, file), (path) => writeFile(path, ''));
  }

  /**
   * Path of a small file in the snapshot, downloaded if it is not there; undefined if the model has none.
   * @throws LongattnError HUB_*, DISK_FULL, NOT_WRITABLE
   */
  async fetch(client: HubClient, remote: RemoteFile): Promise<string | undefined> {
    const { commit, file } = remote;
    const found = await this.find(commit, file);
    if (found !== undefined) return found;
    try {
      const { etag, bytes } = await client.retrying(() => download(client, remote));
      const path = join(this.snapshot(commit), file);
      if (this.settings.symlinks) await this.link(path, await this.store(etag, bytes));
      else await this.writing(path, (target) => writeBytes(target, bytes));
      return path;
    } catch (error) {
      if (!(error instanceof FileNotFound)) throw error;
      await this.keepAbsence(commit, file);
      return undefined;
    }
  }

  private async store(etag: string, bytes: Buffer): Promise<string> {
    const blob = join(this.folder, 'blobs', etag);
    if (!(await exists(blob))) await this.writing(blob, (path) => writeBytes(path, bytes));
    return blob;
  }

  private async link(path: string, blob: string): Promise<void> {
    await this.writing(path, () => placeFile(path, (draft) => symlink(relative(dirname(path), blob), draft)));
  }

  /** A shared cache is often read-only, and what is there serves all the same. */
  private async noting(path: string, action: (path: string) => Promise<unknown>): Promise<void> {
    try {
      await this.writing(path, action);
    } catch (error) {
      if (!(error instanceof LongattnError)) throw error;
    }
  }

  private async writing(path: string, action: (path: string) => Promise<unknown>): Promise<void> {
    try {
      await mkdir(dirname(path), { recursive: true });
      await action(path);
    } catch (error) {
      throw writeError(error, path);
    }
  }
}

async function download(client: HubClient, remote: RemoteFile): Promise<{ etag: string; bytes: Buffer }> {
  const answer = await client.get(resolvePath(remote), remote);
  const { etag, commit, linkedSize, where } = answer;
  if (etag === undefined || !BLOB_NAME.test(etag) || (commit !== undefined && commit !== remote.commit)) {
    await answer.cancel();
    throw environmentError(
      'HUB_ANSWER_INVALID',
      `${describe(remote)}: ${where} gave no usable ETag or another commit. Check HF_ENDPOINT.`,
    );
  }
  const bytes = await collectBody(answer, MAX_FILE_BYTES, remote);
  // The ETag of a file in large-file storage is the sha256 of its content.
  const wrong =
    (linkedSize !== undefined && linkedSize !== bytes.byteLength) ||
    (SHA256.test(etag) && createHash('sha256').update(bytes).digest('hex') !== etag);
  if (wrong) {
    throw new TransientError(
      environmentError('HUB_ANSWER_INVALID', `${describe(remote)} from ${where} does not have the announced content.`),
    );
  }
  return { etag, bytes };
}

function writeBytes(path: string, bytes: Buffer): Promise<unknown> {
  return writeAtomically(path, (sink) => sink.write(bytes));
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await ifExists(stat(path))) !== undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
