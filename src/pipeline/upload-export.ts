// The export of a run to a server: first the data, then what names it, so that a reader finds no index of files that are not there.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Hooks } from '../base/events.js';
import { hashJson } from '../io/canonical-json.js';
import { makeFolder } from '../io/make-folder.js';
import type { ExportResult } from '../export/export-windows.js';
import type { Run } from '../run/directory.js';
import type { Storage } from '../storage/storage.js';
import { storageOf } from '../storage/storages.js';
import { uploadFolder, uploadTo, type FolderUploaded } from '../storage/upload-folder.js';

export interface Place {
  to: string;
  storage: Storage;
}

/**
 * @param to `s3://bucket/prefix` or `hf://datasets/org/name`
 * @throws LongattnError INPUT_ADDRESS, INVALID_OPTION, STORAGE_PACKAGE_MISSING, STORAGE_FORBIDDEN
 */
export async function placeOf(to: string): Promise<Place> {
  const storage = await storageOf(to);
  await uploadTo(storage, to);
  return { to, storage };
}

/** What has arrived is kept in RUN/uploads, a file an address. */
export async function uploadExport(
  run: Run,
  result: Pick<ExportResult, 'folder' | 'files'>,
  { to, storage }: Place,
  { signal, onProgress }: Hooks,
): Promise<FolderUploaded & { counts: Record<string, number> }> {
  const { folder } = result;
  const manifest = path.join(run.dir, 'uploads', `${hashJson(to).slice(0, 16)}.json`);
  await makeFolder(path.dirname(manifest));
  const names = await namesInOrder(result);
  const uploaded = await uploadFolder(storage, { folder, names, to, manifest, signal, onProgress });
  return { ...uploaded, counts: { ...uploaded } };
}

/** Data, indexes, the record of the export, the card. */
export async function namesInOrder({ folder, files }: Pick<ExportResult, 'folder' | 'files'>): Promise<string[]> {
  const data = new Set(files.filter(({ rows }) => rows > 0).map(({ name }) => name));
  const rank = (name: string): number => (data.has(name) ? 0 : LAST.indexOf(name) + 2);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** After whatever else there is. */
const LAST = ['longattn.json', 'README.md'];
