import { existsSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { withDownloadLock } from '../../src/hub/download-lock.js';
import { tempFolder } from '../support/temp-folder.js';

const signal = new AbortController().signal;
const quiet = { signal, onWait: () => undefined };

describe('withDownloadLock', () => {
  it('lets one in at a time, and leaves no lock, also after an error', async () => {
    const lock = path.join(tempFolder(), 'lock');
    let [inside, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await setTimeout(20);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withDownloadLock(lock, quiet, work)));
    expect(most).toBe(1);
    const failing = withDownloadLock(lock, quiet, async () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(lock)).toBe(false);
  });

  it('takes away a lock that nobody renews, however new its date', async () => {
    const lock = path.join(tempFolder(), 'lock');
    await writeFile(lock, '');
    await utimes(lock, new Date(), new Date(Date.now() + 3_600_000));
    let waits = 0;
    const options = { signal, onWait: () => void waits++, staleMs: 100 };
    expect(await withDownloadLock(lock, options, async () => 'done')).toBe('done');
    expect(waits).toBe(1);
  });

  it('waits as long as the lock is renewed, however old its date', async () => {
    const lock = path.join(tempFolder(), 'lock');
    await writeFile(lock, '');
    let time = 0;
    const renewal = setInterval(() => void utimes(lock, ++time, time).catch(() => undefined), 50);
    const controller = new AbortController();
    const waiting = withDownloadLock(lock, { ...quiet, signal: controller.signal, staleMs: 1000 }, async () => 'done');
    await setTimeout(2200);
    controller.abort(new Error('stopped by the user'));
    await expect(waiting).rejects.toThrow('stopped by the user');
    clearInterval(renewal);
    expect(existsSync(lock)).toBe(true);
  });
});
