// A worker that is suspended past its lease and goes on: another has done its part, and nothing is lost or changed.
import { expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Leases } from '../../src/run/leases.js';
import { Ledger, partName } from '../../src/run/ledger.js';
import { tempFolder } from '../support/temp-folder.js';

const PARTS = 4;
const SCRIPT = path.join(import.meta.dirname, '..', 'support', 'lease-worker.mjs');

interface Worker {
  child: ChildProcess;
  /** The first part that it is at. */
  began: Promise<number>;
  /** Those that it made. @throws Error with what it said where it fails */
  ended: Promise<number[]>;
}

function start(run: string, milliseconds: number): Worker {
  const child = spawn(process.execPath, [SCRIPT, run, `${PARTS}`, `${milliseconds}`], { stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const began = new Promise<number>((resolve) =>
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
      const part = /^at (\d+)$/m.exec(out)?.[1];
      if (part !== undefined) resolve(Number(part));
    }),
  );
  const ended = new Promise<number[]>((resolve, reject) =>
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(out.trim().split('\n').at(-1)!) as number[]);
      else reject(new Error(err));
    }),
  );
  return { child, began, ended };
}

it('both end, and the part has the same bytes after each', async () => {
  const run = tempFolder();
  mkdirSync(path.join(run, 'windows'));
  const ledger = new Ledger(path.join(run, 'windows'), 'hash');
  const look = () =>
    Promise.all(
      Array.from({ length: PARTS }, async (_, part) => [
        await ledger.inspect(partName(part)),
        readFileSync(ledger.file(partName(part)), 'utf8'),
      ]),
    );
  const suspended = start(run, 300);
  const part = await suspended.began;
  suspended.child.kill('SIGSTOP');
  try {
    expect(await start(run, 1).ended).toContain(part);
    const before = await look();
    expect(before.map(([state, text]) => [(state as { status: string }).status, text])).toEqual(
      Array.from({ length: PARTS }, (_, at) => ['done', `part ${at}`]),
    );
    suspended.child.kill('SIGCONT');
    // What it was at it makes to the end, and finds the others done.
    expect(await suspended.ended).toEqual([part]);
    expect(await look()).toEqual(before);
    expect(await new Leases(path.join(run, 'leases')).names()).toEqual([]);
  } finally {
    suspended.child.kill('SIGKILL');
  }
}, 120_000);
