// A folder of this machine to below an address: what is there already is not sent again, and nothing of anybody else is touched.
//
// What arrived is kept in a file of this machine, with the tag that the server gave it: after a kill, that tag and the size tell
// whether a file must be sent again. A file that was under way is sent anew.
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { environmentError, LongattnError, show } from '../base/errors.js';
import type { OnProgress } from '../base/events.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { ifExists } from '../io/file-system.js';
import { hashFile } from '../io/hash-file.js';
import { isAddress, schemeOf } from './address.js';
import type { Outgoing, Storage, StoredFile, Upload } from './storage.js';

const manifestSchema = z.object({
  to: z.string(),
  files: z.array(z.object({ name: z.string(), sha256: z.string(), etag: z.string().optional() })),
});

export interface FolderUpload {
  folder: string;
  /** Names below it, with "/", in the order in which they are sent. */
  names: readonly string[];
  /** Begins with a scheme that can be sent to. */
  to: string;
  /** Of this machine: which files have arrived. */
  manifest: string;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

export interface FolderUploaded {
  files: number;
  bytes: number;
  /** Of `bytes`: the rest was there. */
  sent: number;
}

/**
 * @throws LongattnError FOLDER_IN_USE where other files lie below `to`; UPLOAD_FAILED, STORAGE_FORBIDDEN, and for the Hub HUB_*;
 *   those of the disk
 */
export async function uploadFolder(storage: Storage, asked: FolderUpload): Promise<FolderUploaded> {
  const { folder, names, manifest, signal, onProgress } = asked;
  const upload = await uploadTo(storage, asked.to);
  const root = `${asked.to.replace(/\/+$/, '')}/`;
  const there = await listed(storage, root, names);
  const arrived = await readManifest(manifest, root);
  const result = { files: names.length, bytes: 0, sent: 0 };
  const outgoing: [name: string, file: Outgoing][] = [];
  for (const name of names) {
    signal?.throwIfAborted();
    const file = path.join(folder, name);
    const { size: bytes } = await stat(file);
    outgoing.push([name, { path: file, bytes, sha256: await hashFile(file) }]);
    result.bytes += bytes;
  }
  let completed = 0;
  const progress = (bytes: number): void => {
    completed += bytes;
    onProgress?.({ type: 'progress', stage: 'upload', unit: 'bytes', completed, total: result.bytes });
  };
  for (const [name, file] of outgoing) {
    signal?.throwIfAborted();
    const before = there.get(name);
    const known = arrived.get(name);
    const tag = known?.sha256 === file.sha256 ? known.etag : undefined;
    if (before && (await upload.isThere(file, before, tag))) {
      progress(file.bytes);
      continue;
    }
    const { sent, tag: etag } = await upload.put(file, root + name, { signal, onSent: progress });
    result.sent += sent;
    if (etag === undefined) continue;
    arrived.set(name, { name, sha256: file.sha256, etag });
    await writeTextAtomically(manifest, `${JSON.stringify({ to: root, files: [...arrived.values()] }, null, 2)}\n`);
  }
  result.sent += await upload.finish({ signal, onSent: progress });
  return result;
}

/** @throws LongattnError INPUT_ADDRESS, INVALID_OPTION, STORAGE_PACKAGE_MISSING, STORAGE_FORBIDDEN */
export async function uploadTo(storage: Storage, to: string): Promise<Upload> {
  const upload = await storage.upload?.(to);
  if (upload) return upload;
  throw new LongattnError(
    'INVALID_OPTION',
    `nothing can be sent to ${isAddress(to) ? `${schemeOf(to)}://` : show(to)}. Give an address of s3://, gs:// or hf://; the export itself is in RUN/export.`,
  );
}

/** What lies below `root` now, by name. A file of others is not to be mixed with ours: patterns of readers would take it too. */
async function listed(storage: Storage, root: string, names: readonly string[]): Promise<Map<string, StoredFile>> {
  const files = (await storage.list!(root)).map((file) => [file.path.slice(root.length), file] as const);
  const foreign = files.map(([name]) => name).filter((name) => !names.includes(name) && name !== '.gitattributes');
  if (foreign.length === 0) return new Map(files);
  throw environmentError(
    'FOLDER_IN_USE',
    `${root} holds files that are not of this export (${foreign.slice(0, 3).join(', ')}). Remove them, or choose another place.`,
  );
}

async function readManifest(file: string, to: string) {
  const text = await ifExists(readFile(file, 'utf8'));
  const read = manifestSchema.safeParse(text === undefined ? undefined : parsed(text));
  const files = read.success && read.data.to === to ? read.data.files : [];
  return new Map(files.map((entry) => [entry.name, entry]));
}

/** A damaged one costs that all is sent again. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
