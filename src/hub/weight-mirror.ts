// A folder in longattn's own cache that stands for one commit of one model: its small files, and of its weights what was needed.
//
// It is opened like any model folder. Small files are copies, so that it stays whole when Python's cache is cleaned; a weight file
// that Python has downloaded already is linked to.
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ifExists } from '../io/file-system.js';
import { writeError } from '../io/io-error.js';
import { placeFile } from '../io/place-file.js';
import { ledgerPath } from '../model/range-ledger.js';
import { cacheFolderName } from '../model/model-id.js';
import type { HubSettings } from './settings.js';

export function mirrorFolder(settings: HubSettings, id: string, commit: string): string {
  return join(settings.ownCache, 'hub', cacheFolderName(id), commit);
}

/** @throws LongattnError NOT_WRITABLE, NOT_A_FOLDER, DISK_FULL */
export async function makeMirrorFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeError(error, folder);
  }
}

/** Copy `from` to `folder/name`, unless it is there. */
export async function mirrorSmallFile(folder: string, name: string, from: string): Promise<void> {
  const target = join(folder, name);
  if (await ifExists(stat(target))) return;
  await placeFile(target, (draft) => copyFile(from, draft, constants.COPYFILE_FICLONE));
}

/**
 * Is `folder/name` a whole file? Where nothing of it has been downloaded, it becomes a link to the whole file that is elsewhere.
 * @param whole path of the whole file in Python's cache, if it is there
 * @returns false: its parts are to be downloaded
 */
export async function linkWeightFile(folder: string, name: string, whole: string | undefined): Promise<boolean> {
  const target = join(folder, name);
  const found = await ifExists(lstat(target));
  if (found?.isSymbolicLink()) {
    if (await ifExists(stat(target))) return true;
    await rm(target, { force: true }); // Python's cache has been cleaned
  } else if (found) {
    return false;
  }
  if (whole === undefined) return false;
  await rm(ledgerPath(target), { force: true }); // of a download that was ended before its file appeared
  await placeFile(target, (draft) => symlink(whole, draft));
  return true;
}
