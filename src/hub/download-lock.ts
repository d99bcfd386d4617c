// Lets one process download a model while others that want the same wait: jobs of a cluster start together on a shared cache.
//
// It only saves traffic. Downloads are right without it (partial-file.ts), so a lock that nobody renews is simply taken away. Its
// age is told by watching it, not by comparing clocks: those of two machines may differ by minutes.
import { open, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { errorCode, ifExists } from '../io/file-system.js';
import { writeError } from '../io/io-error.js';

const POLL_MS = 250;
const RENEW_MS = 10_000;
const STALE_MS = 60_000;

export interface LockOptions {
  signal: AbortSignal;
  /** Called once when another process holds the lock. */
  onWait: () => void;
  /** Silence of the holder after which it counts as dead, in milliseconds. Default: 60,000. */
  staleMs?: number;
}

/** Run `action` while holding the lock file at `path`. @throws what `action` throws, NOT_WRITABLE, or the signal's reason */
export async function withDownloadLock<T>(path: string, options: LockOptions, action: () => Promise<T>): Promise<T> {
  await acquire(path, options);
  const renewal = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined); // taken away by another: see above
  }, RENEW_MS);
  renewal.unref();
  try {
    return await action();
  } finally {
    clearInterval(renewal);
    await rm(path, { force: true });
  }
}

async function acquire(path: string, { signal, onWait, staleMs = STALE_MS }: LockOptions): Promise<void> {
  let waiting = false;
  let seen: { renewed: number; at: number } | undefined;
  while (!(await create(path))) {
    signal.throwIfAborted();
    if (!waiting) onWait();
    waiting = true;
    const renewed = (await ifExists(stat(path)))?.mtimeMs;
    if (renewed === undefined) continue; // just released
    if (seen?.renewed !== renewed) seen = { renewed, at: performance.now() };
    else if (performance.now() - seen.at > staleMs) await rm(path, { force: true });
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function create(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw writeError(error, path);
  }
}
