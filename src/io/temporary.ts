// Names of temporary files, and the sweep of those that a killed process left behind.
//
// A folder that stepped aside for its successor is no temporary: the sweep puts it back where the successor never came.
// A name says who writes the file: the place (machine, boot, process namespace) and the process id. So "its writer is dead" can
// be proved where the place is ours; what another machine left is only swept once nobody has written to it for a day.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ifExists, nodeFileSystem, type FileSystem } from './file-system.js';

const STALE_AFTER_MS = 24 * 60 * 60 * 1000;
const PATTERN = /^\.(.+)\.([0-9a-f]{12})\.(\d+)\.[0-9a-f]{12}\.(tmp|old)$/;

let place: string | undefined;

/** Twelve hex digits that differ between machines, boots and process namespaces: a process id means something only within one. */
export function processPlace(): string {
  place ??= createHash('sha256')
    .update(
      [os.hostname(), tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')), pidNamespace()].join(
        '\0',
      ),
    )
    .digest('hex')
    .slice(0, 12);
  return place;
}

const pidNamespace = () => tryRead(() => readlinkSync('/proc/self/ns/pid'));

/** Not every system has /proc; the host name alone must do there. */
function tryRead(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/** A name in the same folder (rename must not cross file systems) that no other process and no other call uses. */
export function temporaryPath(target: string): string {
  return besides(target, 'tmp');
}

/** A name for what stands at `target`, while something else takes its place. */
export function asidePath(target: string): string {
  return besides(target, 'old');
}

function besides(target: string, ending: 'tmp' | 'old'): string {
  const random = randomBytes(6).toString('hex');
  const name = `.${path.basename(target)}.${processPlace()}.${process.pid}.${random}.${ending}`;
  return path.join(path.dirname(target), name);
}

/**
 * Remove the temporary files and folders in `folder` whose writers are dead. Those of a living process stay, whoever it is. What had
 * stepped aside for something that never came gets its name back.
 * @returns the names that were removed
 */
export async function sweepTemporaries(folder: string, fs: FileSystem = nodeFileSystem): Promise<string[]> {
  const removed: string[] = [];
  for (const name of (await ifExists(fs.readdir(folder))) ?? []) {
    const match = PATTERN.exec(name);
    if (!match) continue;
    const file = path.join(folder, name);
    const [, target, place, pid, ending] = match;
    const dead = place === processPlace() ? isDead(place, Number(pid)) : await untouched(file, fs);
    if (!dead) continue;
    if (ending === 'old' && (await putBack(file, path.join(folder, target!), fs))) continue;
    await fs.rm(file, { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

/** False where the name is taken: the successor came. */
async function putBack(aside: string, target: string, fs: FileSystem): Promise<boolean> {
  if (await ifExists(fs.stat(target))) return false;
  await fs.rename(aside, target);
  return true;
}

/** Is this a process of this place that has ended? Of another place nobody here can tell. */
export function isDead(place: string, pid: number): boolean {
  return place === processPlace() && !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function untouched(file: string, fs: FileSystem): Promise<boolean> {
  const stat = await ifExists(fs.stat(file));
  return stat !== undefined && Date.now() - stat.mtimeMs > STALE_AFTER_MS;
}
