// How many processors this process may use: those of its affinity mask, and no more than its control group's quota pays for. Node 20
// knows the mask alone: in a container with a quota of 8 on a machine of 64 it would start 64 threads for 8 processors' worth of time.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

/** Read once. */
let granted: number | undefined;

/**
 * @param quota processors' worth of time that a control group grants
 * @returns at least 1
 */
export function usableProcessors(quota = (granted ??= cgroupQuota())): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(quota)));
}

/**
 * The smallest quota of the process's control group and those around it, in processors; Infinity where there is none. Version 2
 * (`cpu.max`) and version 1 (`cpu.cfs_quota_us`).
 * @param proc,mount where the system keeps them, for tests
 */
export function cgroupQuota(proc = '/proc/self/cgroup', mount = '/sys/fs/cgroup'): number {
  let quota = Infinity;
  for (const line of (read(proc) ?? '').split('\n')) {
    const [id, controllers = '', group = ''] = line.split(':');
    const two = id === '0' && controllers === '';
    if (!two && !controllers.split(',').includes('cpu')) continue;
    const roots = two ? [mount, path.join(mount, 'unified')] : [path.join(mount, controllers), path.join(mount, 'cpu')];
    for (const root of roots) {
      // In a container the path is often that of the host, which is not there; its own files lie at the root.
      for (const folder of upwards(group)) quota = Math.min(quota, quotaOf(path.join(root, folder), two));
    }
  }
  return quota;
}

/** A group and those around it. */
function* upwards(group: string): Generator<string> {
  for (let folder = path.posix.normalize(`/${group}`); ; folder = path.posix.dirname(folder)) {
    yield folder;
    if (folder === '/') return;
  }
}

function quotaOf(folder: string, two: boolean): number {
  const [limit, period] = two
    ? (read(path.join(folder, 'cpu.max')) ?? '').split(/\s+/)
    : [read(path.join(folder, 'cpu.cfs_quota_us')), read(path.join(folder, 'cpu.cfs_period_us'))];
  const quota = Number(limit) / Number(period);
  // No file, "max" and -1 are no limit.
  return quota > 0 ? quota : Infinity;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
