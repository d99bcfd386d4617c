// Files in the hands of pyarrow, datasets, polars and DuckDB: test/interop/read_files.py in one process a call.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
export const INSTALL_TIMEOUT_MS = 900_000;

export interface Job {
  /** A function of read_files.py. */
  how: string;
  paths: string[];
}

export interface Seen {
  columns: Record<string, string>;
  rows: Record<string, unknown>[];
}

/** Where the libraries are; they are installed on first use. @throws Error where that fails */
export function installReaders(): string {
  return execFileSync(process.execPath, ['scripts/setup-python.mjs'], { cwd: ROOT, encoding: 'utf8' }).trim();
}

/**
 * What each job sees, from one Python process: starting it and importing takes longer than all the reading.
 * @param readers as `installReaders` gives it
 * @param dir for a file with the jobs
 */
export function readWithPython(readers: string, dir: string, jobs: readonly Job[]): Seen[] {
  const list = path.join(dir, 'jobs.json');
  writeFileSync(list, JSON.stringify(jobs));
  const env = { ...process.env, PYTHONPATH: readers };
  const { status, stdout, stderr } = spawnSync('python3', ['test/interop/read_files.py', list], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`the readers ended with ${status}:\n${stderr}`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Seen);
}
