// Runs from Node: windows and scores are at work at once, and what judges the whole corpus still has the first word.
import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProgressEvent } from '../../src/base/events.js';
import { score, select, window } from '../../src/pipeline/pipeline.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { demoModel } from '../support/cli.js';
import { makeCorpus } from '../support/corpus.js';
import { FileServer } from '../support/file-server.js';
import { tempFolder } from '../support/temp-folder.js';

const WINDOW = 256;

/** A corpus of ready ids, so many documents of two windows each. */
function idsCorpus(folder: string, rows: number, { broken = 0, badId = -1 } = {}): RunOptions {
  const lines = Array.from({ length: rows }, (_, row) => {
    const ids = Array.from({ length: 2 * WINDOW }, (_, i) => (i * 31 + row * 7) % 49_152);
    if (row === badId) ids[5] = 49_152;
    return row < broken ? '{"ids": [1,' : JSON.stringify({ ids });
  });
  const file = path.join(folder, 'ids.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { input: `book=${file}`, idsField: 'ids', window: WINDOW, model: demoModel, output: path.join(folder, 'RUN') };
}

function logOf({ output }: RunOptions): Record<string, unknown>[] {
  const folder = path.join(`${output}`, 'logs');
  const files = readdirSync(folder).map((name) => path.join(folder, name));
  expect(files).toHaveLength(1);
  const lines = readFileSync(files[0]!, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('score', () => {
  it('starts to score before the windows of all parts are there, and tells how often the token table helped', async () => {
    const folder = tempFolder();
    const options = { input: makeCorpus(folder), window: WINDOW, model: demoModel, output: path.join(folder, 'RUN') };
    const events: ProgressEvent[] = [];
    const summary = await score(options, { onProgress: (event) => events.push(event) });
    expect(summary.domains.map(({ domain }) => domain)).toEqual(['book', 'code']);
    const at = (type: ProgressEvent['type'], stage: string): number =>
      events.findIndex((event) => event.type === type && 'stage' in event && event.stage === stage);
    expect(at('stage-start', 'scores')).toBeLessThan(at('stage-done', 'windows'));
    expect(at('stage-done', 'windows')).toBeLessThan(at('stage-done', 'scores'));
    const facts = events.flatMap((event) => (event.type === 'stage-facts' ? [event.facts] : []));
    expect(facts[0]).toMatchObject({ kernel: expect.any(String), threads: expect.any(Number), model: 'llama' });
    // 32 words make up the whole corpus: nearly every token of a window was in one before it.
    expect(facts[1]!['tableHitRate']).toBeGreaterThan(0.9);
    expect(facts[1]!['tableHitRate']).toBeLessThan(1);
  });

  it('does not wait for what a server still has to send', async () => {
    const folder = tempFolder();
    const ids = Array.from({ length: 2 * WINDOW }, (_, i) => (i * 31) % 49_152);
    // Two lines of 5 MiB: a part each.
    const line = `${JSON.stringify({ ids, pad: 'x'.repeat(5 << 20) })}\n`;
    const server = await new FileServer().start();
    try {
      const input = `book=${server.address('ids.jsonl', line + line)}`;
      const options = { input, idsField: 'ids', window: WINDOW, model: demoModel, output: path.join(folder, 'RUN') };
      let isPlanned = false;
      let release: () => void = () => undefined;
      const scored = new Promise<void>((resolve) => (release = resolve));
      // The second part comes when the first has its scores: a run that waits for it would never end.
      server.fault = () => {
        const start = Number(/\d+/.exec(server.asked.at(-1)!.headers.range ?? '')?.[0] ?? 0);
        return isPlanned && start >= line.length ? { until: scored } : undefined;
      };
      const done: number[] = [];
      await score(options, {
        onProgress(event) {
          if (event.type === 'stage-start' && event.stage === 'windows') isPlanned = true;
          if (event.type !== 'part-done' || event.stage !== 'scores') return;
          done.push(event.part);
          release();
        },
      });
      expect(done).toEqual([0, 1]);
    } finally {
      await server.stop();
    }
  });

  it('blames the corpus where it has too many broken rows, whatever the scores met', async () => {
    const options = idsCorpus(tempFolder(), 9, { broken: 3, badId: 5 });
    await expect(score(options)).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS', exitCode: 3 });
    // An id that the model does not have refuses its document, not the run.
    expect(await score({ ...options, maxRejectRate: 1 })).toMatchObject({ rejects: 4 });
    const rejects = readFileSync(path.join(`${options.output}`, 'rejects.jsonl'), 'utf8');
    expect(rejects).toMatch(
      /"line":6,"reason":"token id 49152 at 5: the model has embeddings for the ids below 49152"/,
    );
  });

  it('says that all documents are too short, how many and how long', async () => {
    const options = { ...idsCorpus(tempFolder(), 4), window: 5000 };
    await expect(score(options)).rejects.toMatchObject({
      code: 'ALL_DOCUMENTS_TOO_SHORT',
      exitCode: 3,
      message: expect.stringContaining('Of 4 documents none has the 5000 tokens of a window: the longest has 512'),
    });
  });

  it('selects nothing where the corpus was refused', async () => {
    const options = idsCorpus(tempFolder(), 9, { broken: 3 });
    await expect(select(options)).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS' });
    await expect(select(options)).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS' });
    expect(existsSync(path.join(`${options.output}`, 'selection', 'selection.arrow'))).toBe(false);
  });

  it('stops both stages on the signal, with its reason', async () => {
    const controller = new AbortController();
    const onProgress = (event: ProgressEvent): void => {
      if (event.type === 'stage-start' && event.stage === 'windows') controller.abort(new Error('enough'));
    };
    const options = idsCorpus(tempFolder(), 9);
    await expect(score(options, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
    expect((await score(options)).domains).toMatchObject([{ windows: 18 }]);
  });
});

describe('window', () => {
  it('warns of windows beyond the positions that the model was made for', async () => {
    const warnings = async (changes: Partial<RunOptions>): Promise<string[]> => {
      const codes: string[] = [];
      const options = { ...idsCorpus(tempFolder(), 2), maxRejectRate: 1, ...changes };
      const onProgress = (event: ProgressEvent): void => {
        if (event.type === 'warning') codes.push(event.code);
      };
      await window(options, { onProgress }).catch(() => undefined); // all documents are too short for some
      return codes;
    };
    expect(await warnings({})).toEqual([]);
    expect(await warnings({ window: 8193 })).toEqual(['WINDOW_BEYOND_MODEL']);
    expect(await warnings({ window: 8193, ropeTheta: 1e6 })).toEqual([]);
  });
});

describe('the log of a run', () => {
  it('has versions, the spec hash, stages with counts and seconds, the kernel and the hits, and nothing of the environment', async () => {
    const options = idsCorpus(tempFolder(), 3);
    process.env['HF_TOKEN'] = 'hf_secretsecretsecret';
    try {
      await select(options);
    } finally {
      delete process.env['HF_TOKEN'];
    }
    const lines = logOf(options);
    expect(lines[0]).toMatchObject({
      ...{ event: 'start', command: 'select', longattn: expect.any(String), node: process.versions.node, parts: 1 },
      specHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const find = (event: string, stage: string) =>
      lines.find((line) => line['event'] === event && line['stage'] === stage);
    for (const stage of ['windows', 'scores', 'selection']) {
      expect(find('stage-start', stage)).toBeDefined();
      expect(find('stage-done', stage)).toMatchObject({ counts: expect.any(Object), seconds: expect.any(Number) });
    }
    expect(find('stage-done', 'windows')!['counts']).toMatchObject({ documents: 3, windows: 6 });
    expect(find('stage-facts', 'scores')!['facts']).toMatchObject({ kernel: expect.any(String) });
    const facts = lines.filter((line) => line['event'] === 'stage-facts').map((line) => line['facts'] as object);
    expect(facts.at(-1)).toHaveProperty('tableHitRate');
    expect(lines.at(-1)).toMatchObject({ event: 'done', seconds: expect.any(Number) });
    expect(lines.map((line) => line['event'])).not.toContain('progress');
    expect(lines.every((line) => !Number.isNaN(Date.parse(`${line['time']}`)))).toBe(true);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('has warnings, and the error that ended the run', async () => {
    const options = idsCorpus(tempFolder(), 3, { badId: 1 });
    await window({ ...options, maxRejectRate: 1 });
    writeFileSync(path.join(`${options.output}`, 'windows', 'part-00000.arrow'), 'changed');
    await expect(score(options)).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS' });
    const folder = path.join(`${options.output}`, 'logs');
    const text = readdirSync(folder)
      .map((name) => readFileSync(path.join(folder, name), 'utf8'))
      .join('');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'warning', code: 'PART_CHANGED' }));
    expect(lines).toContainEqual(
      expect.objectContaining({
        event: 'error',
        code: 'TOO_MANY_REJECTS',
        message: expect.stringContaining('1 of 3 rows'),
      }),
    );
  });
});
