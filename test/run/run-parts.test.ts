import { describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { dataError, environmentError } from '../../src/base/errors.js';
import type { ProgressEvent } from '../../src/base/events.js';
import { writeTextAtomically } from '../../src/io/atomic-file.js';
import { Ledger, partName, type LedgerRecord } from '../../src/run/ledger.js';
import { partsOfShard, runParts, type RunPartsOptions } from '../../src/run/run-parts.js';
import { tempFolder } from '../support/temp-folder.js';

function setUp(parts: number, changes: Partial<RunPartsOptions> = {}) {
  const ledger = new Ledger(tempFolder(), 'hash');
  const made: number[] = [];
  const events: ProgressEvent[] = [];
  const options: RunPartsOptions = {
    stage: 'windows',
    parts: Array.from({ length: parts }, (_, i) => i),
    workers: 2,
    ledger,
    onProgress: (event) => events.push(event),
    make: async (part) => {
      made.push(part);
      const written = await writeTextAtomically(ledger.file(partName(part)), `part ${part}`);
      return ledger.commit(partName(part), written, { rows: 1, counts: { windows: part } });
    },
    ...changes,
  };
  return { ledger, made, events, options };
}

describe('runParts', () => {
  it('makes what is not done, once, and gives the entries of all', async () => {
    const { made, events, options } = setUp(5);
    const records = await runParts(options);
    expect(records.map((record) => record.counts['windows'])).toEqual([0, 1, 2, 3, 4]);
    expect(events.at(-1)).toEqual({ type: 'stage-done', stage: 'windows', counts: { windows: 10 } });
    expect(made.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(await runParts(options)).toEqual(records);
    expect(made).toHaveLength(5);
  });

  it('tells of every part as soon as it is there, done before or made now', async () => {
    const heard: number[] = [];
    const { options } = setUp(3, { workers: 1, onPart: (part, { counts }) => heard.push(part, counts['windows']!) });
    await runParts({ ...options, parts: [1] });
    expect(heard.splice(0)).toEqual([1, 1]);
    await runParts(options);
    expect(heard).toEqual([1, 1, 0, 0, 2, 2]);
  });

  it('makes a changed part again and says so', async () => {
    const { ledger, made, events, options } = setUp(3);
    await runParts(options);
    writeFileSync(ledger.file(partName(1)), 'part X');
    await runParts(options);
    expect(made.slice(3)).toEqual([1]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        code: 'PART_CHANGED',
        message: expect.stringContaining('part-00001'),
      }),
    );
    expect((await ledger.inspect(partName(1))).status).toBe('done');
  });

  it('never has more parts at work than workers', async () => {
    let running = 0;
    let most = 0;
    const { options } = setUp(9, {
      workers: 3,
      make: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return { counts: {} } as LedgerRecord;
      },
    });
    await runParts(options);
    expect(most).toBe(3);
  });

  it('goes on where one part has bad data, and ends with exit code 5 naming it', async () => {
    const { made, options } = setUp(4);
    const make = options.make;
    options.make = async (part, signal) => {
      if (part === 2) throw dataError('TOKEN_ID', 'token 9 is beyond the vocabulary');
      return make(part, signal);
    };
    await expect(runParts(options)).rejects.toMatchObject({
      code: 'PARTS_FAILED',
      exitCode: 5,
      message: expect.stringMatching(/1 of 4 parts .*part-00002: token 9/),
    });
    expect(made.sort()).toEqual([0, 1, 3]);
  });

  it('gives the error itself where every part failed', async () => {
    const { options } = setUp(3, { make: (part) => Promise.reject(dataError('TOKEN_ID', `part ${part}`)) });
    await expect(runParts(options)).rejects.toMatchObject({ code: 'TOKEN_ID', exitCode: 3, message: 'part 0' });
  });

  it('ends at once where going on is vain', async () => {
    let calls = 0;
    const { options } = setUp(50, {
      make: async () => {
        calls++;
        throw environmentError('DISK_FULL', 'no space');
      },
    });
    await expect(runParts(options)).rejects.toMatchObject({ code: 'DISK_FULL', exitCode: 4 });
    expect(calls).toBeLessThanOrEqual(2);
  });

  it('stops on its signal, waiting for the parts at work', async () => {
    const controller = new AbortController();
    let ended = 0;
    const { options } = setUp(20, {
      signal: controller.signal,
      make: async (part, signal) => {
        if (part === 3) controller.abort(new Error('stopped'));
        await new Promise((resolve) => setImmediate(resolve));
        ended++;
        signal.throwIfAborted();
        return { counts: {} } as LedgerRecord;
      },
    });
    await expect(runParts(options)).rejects.toThrow('stopped');
    expect(ended).toBeLessThanOrEqual(5);
  });
});

describe('partsOfShard', () => {
  it('gives every part to exactly one shard', () => {
    const shards = [1, 2, 3].map((index) => partsOfShard(8, { index, count: 3 }));
    expect(shards).toEqual([
      [0, 3, 6],
      [1, 4, 7],
      [2, 5],
    ]);
    expect(partsOfShard(3)).toEqual([0, 1, 2]);
  });
});
