// The log of one process: JSON lines in a file of its own under RUN/logs (a shared file would need locks).
//
// A log must never fail a run: when it cannot be written, it goes quiet.
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { JsonObject } from '../io/canonical-json.js';
import { processPlace } from '../io/temporary.js';

export interface RunLog extends Disposable {
  readonly file: string;
  /** Append one line; `time` (ISO 8601) comes first. */
  write(record: JsonObject): void;
}

export function openLog(runDir: string): RunLog {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace(/\..*/, '');
  const name = `${stamp}-${processPlace()}-${process.pid}-${randomBytes(3).toString('hex')}.jsonl`;
  const file = path.join(runDir, 'logs', name);
  let descriptor = quietly(() => {
    mkdirSync(path.dirname(file), { recursive: true });
    return openSync(file, 'ax');
  });
  const close = (): void => {
    if (descriptor !== undefined) quietly(() => closeSync(descriptor!));
    descriptor = undefined;
  };
  return {
    file,
    write(record) {
      if (descriptor === undefined) return;
      const line = `${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`;
      if (quietly(() => writeSync(descriptor!, line)) === undefined) close();
    },
    [Symbol.dispose]: close,
  };
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
