// Workers that share a run over a file system that shows things late: never a wrong byte, and always an end.
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { dataError } from '../../src/base/errors.js';
import { writeTextAtomically } from '../../src/io/atomic-file.js';
import { nodeFileSystem, type FileSystem } from '../../src/io/file-system.js';
import { Failures } from '../../src/run/failures.js';
import { Ledger, partName } from '../../src/run/ledger.js';
import { Leases } from '../../src/run/leases.js';
import { pauseMs } from '../../src/run/part-queue.js';
import { runParts, type Share } from '../../src/run/run-parts.js';
import { systemError } from '../support/faulty-fs.js';
import { tempFolder } from '../support/temp-folder.js';

/** Other processes' files are seen late, or not yet; of two that create a file at once both may believe that it is theirs. */
function laggingFs(draw: () => number): FileSystem {
  const late = (): boolean => draw() < 0.3;
  return {
    ...nodeFileSystem,
    open: (async (file: string, flags: string) => {
      if (flags === 'wx' && file.includes('leases') && late()) return nodeFileSystem.open(file, 'w');
      return nodeFileSystem.open(file, flags);
    }) as FileSystem['open'],
    readdir: (async (folder: string) => {
      const names = await nodeFileSystem.readdir(folder);
      return names.filter(() => !late());
    }) as FileSystem['readdir'],
    readFile: (async (file: string, encoding: 'utf8') => {
      if (file.endsWith('.done.json') && late()) throw systemError('ENOENT', 'open');
      return nodeFileSystem.readFile(file, encoding);
    }) as FileSystem['readFile'],
  };
}

const disposables: Leases[] = [];
afterEach(async () => {
  for (const leases of disposables.splice(0)) await leases[Symbol.asyncDispose]();
});

function worker(folder: string, parts: number, fs: FileSystem, changes: Partial<Share> = {}) {
  const leases = new Leases(path.join(folder, 'leases'), { fs });
  disposables.push(leases);
  const ledger = new Ledger(path.join(folder, 'windows'), 'hash', fs);
  const failures = new Failures(path.join(folder, 'failed'), fs);
  const made: number[] = [];
  const share: Share = { leases, failures, stay: true, pollMs: 1, trustListing: true, ...changes };
  const run = (fail: (part: number) => boolean = () => false) =>
    runParts({
      ...{ stage: 'windows', workers: 2, ledger, share },
      parts: Array.from({ length: parts }, (_, part) => part),
      make: async (part) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (fail(part)) throw dataError('TOKEN_ID', `part ${part}`);
        made.push(part);
        const written = await writeTextAtomically(ledger.file(partName(part)), `part ${part}`, fs);
        return ledger.commit(partName(part), written, { rows: 1, counts: {} });
      },
    });
  return { leases, ledger, failures, made, run };
}

async function newFolder(): Promise<string> {
  const folder = tempFolder();
  await nodeFileSystem.mkdir(path.join(folder, 'windows'));
  return folder;
}

async function expectAllDone(folder: string, parts: number): Promise<void> {
  const ledger = new Ledger(path.join(folder, 'windows'), 'hash');
  for (let part = 0; part < parts; part++) {
    expect((await ledger.inspect(partName(part))).status).toBe('done');
    expect(readFileSync(ledger.file(partName(part)), 'utf8')).toBe(`part ${part}`);
  }
}

describe('workers that share a run', () => {
  it('make every part once where the file system is prompt', async () => {
    const folder = await newFolder();
    const workers = [0, 0.25, 0.5, 0.75].map((start) => worker(folder, 40, nodeFileSystem, { start }));
    await Promise.all(workers.map(({ run }) => run()));
    expect(workers.flatMap(({ made }) => made).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(await workers[0]!.leases.names()).toEqual([]);
    await expectAllDone(folder, 40);
  });

  it('end with the right bytes on one that lags', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 4 }), fc.boolean(), async (seed, count, stay) => {
        let state = seed;
        const draw = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
        const folder = await newFolder();
        const workers = Array.from({ length: count }, (_, i) =>
          worker(folder, 12, laggingFs(draw), { start: i / count, stay, stragglerMs: 20 }),
        );
        await Promise.all(workers.map(({ run }) => run()));
        // A worker that does not stay may have ended while a part was another's; none is lost for the next.
        await worker(folder, 12, nodeFileSystem).run();
        await expectAllDone(folder, 12);
      }),
      { numRuns: 25 },
    );
  });

  it('take over what the dead have leased, and leave to the living what they hold', async () => {
    const folder = await newFolder();
    const dead = worker(folder, 3, nodeFileSystem);
    await dead.leases.take('windows-part-00001');
    const old = new Date(Date.now() - 3_600_000);
    utimesSync(path.join(folder, 'leases', 'windows-part-00001.json'), old, old);
    await dead.leases.take('windows-part-00002');
    const { made, run, leases } = worker(folder, 3, nodeFileSystem, { stay: false });
    await run();
    expect(made).toEqual([0, 1]);
    expect(await leases.names()).toEqual(['windows-part-00002']);
  });

  it('take the part that is held longest a second time, and no third', async () => {
    const folder = await newFolder();
    const slow = worker(folder, 2, nodeFileSystem);
    await slow.leases.take('windows-part-00001');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const fast = worker(folder, 2, nodeFileSystem, { stragglerMs: 10 });
    await fast.leases.take('windows-part-00001.second');
    await worker(folder, 2, nodeFileSystem, { stragglerMs: 10, stay: false }).run();
    expect((await fast.ledger.inspect(partName(1))).status).toBe('missing');
    await fast.leases[Symbol.asyncDispose]();
    await worker(folder, 2, nodeFileSystem, { stragglerMs: 10 }).run();
    await expectAllDone(folder, 2);
  });

  it('leave alone a part that failed three times on two hosts, and go on with the others', async () => {
    const folder = await newFolder();
    const { failures, run, made } = worker(folder, 4, nodeFileSystem);
    await failures.add('windows-part-00002', dataError('TOKEN_ID', 'token 9'), 'one');
    await failures.add('windows-part-00002', dataError('TOKEN_ID', 'token 9'), 'two');
    await expect(run((part) => part === 2)).rejects.toMatchObject({ code: 'PARTS_FAILED', exitCode: 5 });
    expect((await failures.list()).get('windows-part-00002')).toMatchObject({
      attempts: 3,
      left: true,
      code: 'TOKEN_ID',
    });
    const next = worker(folder, 4, nodeFileSystem);
    await expect(next.run()).rejects.toMatchObject({ code: 'PARTS_FAILED', exitCode: 5 });
    expect([made.sort(), next.made]).toEqual([[0, 1, 3], []]);
    // A person starts it anew.
    await failures.forget();
    await worker(folder, 4, nodeFileSystem).run();
    await expectAllDone(folder, 4);
    expect((await failures.list()).size).toBe(0);
  });

  it('find the one lease of the dead among many of the living', async () => {
    const folder = await newFolder();
    const others = worker(folder, 150, nodeFileSystem);
    for (let part = 0; part < 150; part++) await others.leases.take(`windows-${partName(part)}`);
    const old = new Date(Date.now() - 3_600_000);
    utimesSync(path.join(folder, 'leases', 'windows-part-00077.json'), old, old);
    const drain = new AbortController();
    const { made, run } = worker(folder, 150, nodeFileSystem, { drain: drain.signal });
    await run((part) => {
      drain.abort(new Error('found'));
      return part !== 77;
    });
    expect(made).toEqual([77]);
  });

  it('look the seldomer the more are at work and the longer they have waited', () => {
    expect([0, 100, 1000, 10_000].map((held) => pauseMs(2000, held, 0))).toEqual([2000, 2000, 20_000, 200_000]);
    expect([20, 100, 600, 3600].map((seconds) => pauseMs(2000, 1, 1000 * seconds))).toEqual([
      2000, 10_000, 60_000, 60_000,
    ]);
  });

  it('end at a drain, and leave no lease', async () => {
    const folder = await newFolder();
    const drain = new AbortController();
    const { run, made, leases } = worker(folder, 50, nodeFileSystem, { drain: drain.signal });
    await run((part) => {
      if (part === 5) drain.abort(new Error('time'));
      return false;
    });
    expect(made.length).toBeLessThan(50);
    expect(await leases.names()).toEqual([]);
  });
});
