// A prebuilt addon is loaded in a child process first, once: one that was made for another processor ends the process that loads it,
// and that must not be the user's. What was tried is remembered in the user's cache, by the file's path, size and time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { ownCache } from '../base/user-cache.js';

const LOAD = 'require(process.argv[1]).cpu()';

/** What went wrong: the text of the child's error, or the signal that ended it. undefined: the addon can be loaded. */
export function tryAddon(path: string): string | undefined {
  const note = noteOf(path);
  if (existsSync(note)) return undefined;
  const { error, signal, status, stderr } = spawnSync(process.execPath, ['-e', LOAD, path], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ELECTRON_RUN_AS_NODE: '1' },
    timeout: 60_000,
  });
  if (error) return error.message;
  if (signal) return signal;
  if (status !== 0) return /^(?:\w*Error): .*$/m.exec(stderr)?.[0] ?? (stderr.trim() || `exit code ${status}`);
  remember(note);
  return undefined;
}

function noteOf(path: string): string {
  const { size, mtimeMs } = statSync(path);
  const machine = [process.version, os.hostname(), os.cpus()[0]?.model];
  const key = createHash('sha256').update(JSON.stringify([path, size, mtimeMs, ...machine]));
  return join(ownCache(), 'tried', key.digest('hex').slice(0, 32));
}

/** A cache that cannot be written costs another try, nothing else. */
function remember(note: string): void {
  try {
    mkdirSync(join(note, '..'), { recursive: true });
    writeFileSync(note, '');
  } catch {
    return;
  }
}
