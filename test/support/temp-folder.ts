// A folder of its own for each test, removed afterwards.
import { afterEach } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const made: string[] = [];

export function tempFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
  made.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});
