import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LongattnError } from '../../src/base/errors.js';
import type { ProgressEvent } from '../../src/base/events.js';
import { readScores } from '../../src/arrow/reader.js';
import type { Run } from '../../src/run/directory.js';
import { partName, type LedgerRecord } from '../../src/run/ledger.js';
import { PartGate } from '../../src/run/part-gate.js';
import { partsOfShard } from '../../src/run/run-parts.js';
import { resolveDistance } from '../../src/base/distance.js';
import { segmentName, segmentWindows } from '../../src/scoring/score-part.js';
import { scoreParts } from '../../src/scoring/score-parts.js';
import { collect } from '../support/collect.js';
import { fakeScorer, fakeStats } from '../support/fake-scorer.js';
import { makeRun, makeScoredRun, scoreOptions, someWindows, WINDOW } from '../support/made-run.js';
import { tempFolder } from '../support/temp-folder.js';

/** 64 tokens a window: a segment has 256 windows, so the first part has three and the last exactly one. */
const PARTS = [someWindows(0, 600), someWindows(600, 5), [], someWindows(605, 256, 'code')];

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const bytesOf = (run: Run): Record<string, string> =>
  Object.fromEntries(
    readdirSync(run.scores.folder).map((name) => [name, sha256(readFileSync(path.join(run.scores.folder, name)))]),
  );

async function reference(): Promise<Record<string, string>> {
  return bytesOf(await makeScoredRun(tempFolder(), PARTS, { layers: [0, 2] }));
}

describe('scoreParts', () => {
  it('writes one row a window and layer, in the order of the windows, with what the scorer gave', async () => {
    const run = await makeScoredRun(tempFolder(), PARTS, { layers: [0, 2], tokens: true });
    for (const [part, windows] of PARTS.entries()) {
      const rows = await collect(readScores(run.scores.file(partName(part))));
      expect(rows.map(({ windowId, layer }) => [windowId, layer])).toEqual(
        windows.flatMap(({ windowId }) => [
          [windowId, 0],
          [windowId, 2],
        ]),
      );
      rows.forEach((row, i) => {
        const window = windows[i >> 1]!;
        const { windowId, docId, domain } = window;
        expect(row).toEqual({ windowId, docId, domain, ...fakeStats(window.tokenIds, row.layer, WINDOW / 4, true) });
      });
    }
    expect((await run.scores.require('part-00000')).counts).toEqual({ windows: 600, rows: 1200, tokens: 600 * WINDOW });
  });

  it('gives the same bytes with any batch, any number of workers, and in shards', async () => {
    const expected = await reference();
    for (const changes of [{ batch: 1 }, { batch: 8, workers: 2 }, { batch: 1000, workers: 4 }]) {
      expect(bytesOf(await makeScoredRun(tempFolder(), PARTS, { layers: [0, 2], ...changes }))).toEqual(expected);
    }
    const run = await makeRun(tempFolder(), PARTS, 'fake');
    await Promise.all(
      [1, 2].map((index) =>
        scoreParts(scoreOptions(run, { layers: [0, 2], parts: partsOfShard(PARTS.length, { index, count: 2 }) })),
      ),
    );
    expect(bytesOf(run)).toEqual(expected);
  });

  it('goes on from the last whole segment after a stop at any call, with the same bytes', async () => {
    const expected = await reference();
    for (const stopAt of [0, 3, 64, 70, 130, 150, 160]) {
      const run = await makeRun(tempFolder(), PARTS, 'fake');
      const stopped = fakeScorer((call) => {
        if (call === stopAt) throw new LongattnError('CANCELLED', 'stopped here');
      });
      await expect(
        scoreParts(scoreOptions(run, { layers: [0, 2], openScorer: async () => stopped.score })),
      ).rejects.toThrow('stopped here');
      const segments = readdirSync(run.scores.folder).filter(
        (name) => name.includes('.seg-') && name.endsWith('.arrow'),
      ).length;
      const whole = Math.floor(Math.min(stopAt * 4, 600) / 256);
      const resumed = fakeScorer();
      await scoreParts(scoreOptions(run, { layers: [0, 2], openScorer: async () => resumed.score }));
      expect(bytesOf(run)).toEqual(expected);
      // What one of two batches in flight has finished when the other fails may or may not be kept.
      if (stopAt < 150) expect(Math.abs(segments - whole)).toBeLessThanOrEqual(1);
      expect(resumed.windows).toBeLessThanOrEqual(861 - 256 * segments);
    }
  });

  it('makes a segment whose bytes were changed again, and removes what a kill left behind a finished part', async () => {
    const expected = await reference();
    const run = await makeRun(tempFolder(), PARTS, 'fake');
    const failing = fakeScorer((call) => {
      if (call === 100) throw new LongattnError('CANCELLED', 'stopped here');
    });
    await expect(
      scoreParts(scoreOptions(run, { layers: [0, 2], openScorer: async () => failing.score })),
    ).rejects.toThrow();
    const segment = run.scores.file(segmentName(0, 0));
    const bytes = readFileSync(segment);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(segment, bytes);
    await scoreParts(scoreOptions(run, { layers: [0, 2] }));
    expect(bytesOf(run)).toEqual(expected);
    for (const end of ['arrow', 'done.json']) {
      writeFileSync(
        path.join(run.scores.folder, `${segmentName(0, 2)}.${end}`),
        readFileSync(path.join(run.scores.folder, `part-00000.${end}`)),
      );
    }
    await scoreParts(scoreOptions(run, { layers: [0, 2] }));
    expect(bytesOf(run)).toEqual(expected);
  });

  it('never opens the model when all is done, or when there are no windows', async () => {
    const run = await makeScoredRun(tempFolder(), PARTS);
    const openScorer = (): Promise<never> => Promise.reject(new Error('opened'));
    await scoreParts(scoreOptions(run, { openScorer }));
    await makeScoredRun(tempFolder(), [[], []], { openScorer });
  });

  it('lets two processes that were given the same parts both end well', async () => {
    const run = await makeRun(tempFolder(), PARTS, 'fake');
    await Promise.all([0, 1, 2].map(() => scoreParts(scoreOptions(run, { layers: [0, 2], workers: 2 }))));
    expect(bytesOf(run)).toEqual(await reference());
  });

  it('reports windows up to the total, also on resume', async () => {
    const run = await makeScoredRun(tempFolder(), PARTS, { parts: [0] });
    const events: ProgressEvent[] = [];
    await scoreParts(scoreOptions(run, { onProgress: (event) => events.push(event) }));
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress[0]).toMatchObject({ completed: 600, total: 861, unit: 'windows' });
    expect(progress.at(-1)).toMatchObject({ completed: 861, total: 861 });
  });

  it('scores a part as soon as its windows are there, while those of others are not', async () => {
    const run = await makeRun(tempFolder(), PARTS, 'fake');
    const ready = new PartGate();
    const events: ProgressEvent[] = [];
    const record = (part: number): Promise<LedgerRecord> => run.windows.require(partName(part));
    let opened = Promise.resolve();
    const scoring = scoreParts(
      scoreOptions(run, {
        layers: [0, 2],
        ready,
        onProgress: (event) => {
          events.push(event);
          // The windows of a part come only once the part before it is scored.
          if (event.type !== 'part-done' || event.part + 1 === PARTS.length) return;
          opened = record(event.part + 1).then((next) => ready.open(event.part + 1, next));
        },
      }),
    );
    ready.open(0, await record(0));
    await scoring;
    await opened;
    expect(bytesOf(run)).toEqual(await reference());
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress.find((event) => event.completed > 0)).toMatchObject({ total: 600, growing: true });
    expect(progress.at(-1)).toEqual(expect.objectContaining({ completed: 861, total: 861 }));
    expect(progress.at(-1)).not.toHaveProperty('growing');
  });

  it('ends on the signal while it waits for windows', async () => {
    const run = await makeRun(tempFolder(), PARTS, 'fake');
    const controller = new AbortController();
    const scoring = scoreParts(scoreOptions(run, { ready: new PartGate(), signal: controller.signal }));
    controller.abort(new Error('enough'));
    await expect(scoring).rejects.toThrow('enough');
  });

  it('computes the next batch while rows are written, and never more than that', async () => {
    let running = 0;
    let most = 0;
    const fake = fakeScorer();
    const run = await makeRun(tempFolder(), [someWindows(0, 40)], 'fake');
    await scoreParts(
      scoreOptions(run, {
        openScorer: async () => async (request) => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return fake.score(request);
        },
      }),
    );
    expect(most).toBe(2);
  });
});

describe('a window that cannot be scored', () => {
  const scoring = async (
    parts: Parameters<typeof makeRun>[1],
    changes: Parameters<typeof scoreOptions>[1] = {},
  ): Promise<unknown> => scoreParts(scoreOptions(await makeRun(tempFolder(), parts, 'fake'), changes));

  it('is named with its token id, the other parts are done', async () => {
    const bad = someWindows(0, 3);
    bad[1]!.tokenIds[5] = 1000;
    await expect(scoring([bad])).rejects.toMatchObject({
      code: 'TOKEN_ID',
      exitCode: 3,
      message: expect.stringMatching(/"book\/doc-0:64" has token id 1000 at 5.* 0 to 999/),
    });
    const run = await makeRun(tempFolder(), [bad, someWindows(3, 3)], 'fake');
    await expect(scoreParts(scoreOptions(run))).rejects.toMatchObject({ code: 'PARTS_FAILED', exitCode: 5 });
    expect((await run.scores.inspect('part-00001')).status).toBe('done');
  });

  it('is named where its length is another', async () => {
    await expect(scoring([someWindows(0, 3)], { window: 63 })).rejects.toMatchObject({ code: 'WINDOW_LENGTH' });
  });

  it('is named by its id where the scorer names its place in the batch', async () => {
    const openScorer = async () => () =>
      Promise.reject(
        new LongattnError('ATTENTION_NOT_FINITE', 'the attention of window 2, layer 0, head 1 is not finite'),
      );
    await expect(scoring([someWindows(0, 3)], { openScorer })).rejects.toMatchObject({
      code: 'ATTENTION_NOT_FINITE',
      exitCode: 3,
      message: 'the attention of window "book/doc-0:128", layer 0, head 1 is not finite',
    });
  });

  it.each([
    ['a NaN', (stats: { ds: Float64Array }) => (stats.ds[1] = NaN), 'SCORE_NOT_FINITE'],
    ['too few heads', (stats: { ds: Float64Array }) => (stats.ds = stats.ds.slice(1)), 'SCORER_MISMATCH'],
    ['another k', (stats: { k: number }) => stats.k++, 'SCORER_MISMATCH'],
  ] as const)('with %s from the scorer is no row', async (_, damage, code) => {
    const fake = fakeScorer();
    const openScorer = async () => async (request: Parameters<typeof fake.score>[0]) => {
      const results = await fake.score(request);
      damage(results[1]!);
      return results;
    };
    await expect(scoring([someWindows(0, 3)], { openScorer })).rejects.toMatchObject({ code });
  });

  it('stops the stage on the signal', async () => {
    const controller = new AbortController();
    const fake = fakeScorer((call) => {
      if (call === 2) controller.abort(new Error('enough'));
    });
    await expect(
      scoring([someWindows(0, 600)], { openScorer: async () => fake.score, signal: controller.signal }),
    ).rejects.toThrow('enough');
    expect(fake.calls).toBeLessThanOrEqual(4);
  });
});

describe('k', () => {
  it.each([
    [101, 25, 26],
    [128, 32, 32],
    [1, 0, 1],
    [7, 1, 4],
  ])('of %i tokens is %i, in the authors way %i', (length, quarter, authors) => {
    expect(resolveDistance('quarter', length)).toBe(quarter);
    expect(resolveDistance('authors', length)).toBe(authors);
    expect(resolveDistance(3, length)).toBe(3);
  });
});

describe('segmentWindows', () => {
  const shape = { layers: [0], k: 8192, tokens: false, heads: 32, vocabSize: 10, window: 32_768 };
  it('bounds the tokens and the bytes of a segment', () => {
    expect(segmentWindows(shape)).toBe(8);
    expect(segmentWindows({ ...shape, window: 1_000_000 })).toBe(1);
    expect(segmentWindows({ ...shape, window: 16 })).toBe(256);
    expect(segmentWindows({ ...shape, heads: 128, layers: Array.from({ length: 80 }, (_, i) => i) })).toBe(6);
  });
});
