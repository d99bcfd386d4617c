// Whole documents: chosen as one, exported as they were.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readSelection } from '../../src/arrow/reader.js';
import { documentOf } from '../../src/base/window-id.js';
import { joinedIds } from '../../src/export/kept-documents.js';
import { exportRun, select } from '../../src/pipeline/pipeline.js';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';
import { windowStarts } from '../../src/windows/slide.js';
import { demoModel } from '../support/cli.js';
import { collect } from '../support/collect.js';
import { madeText } from '../support/corpus.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
const output = path.join(folder, 'RUN');
/** One of them too short for a window, one with characters of two units. */
const TEXTS = [
  madeText(400, 1),
  'short',
  madeText(90, 2),
  `${madeText(130, 3)} 🐋🐋 ${madeText(150, 4)}`,
  madeText(80, 5),
];
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const file = path.join(folder, 'a.jsonl');
  writeFileSync(file, TEXTS.map((text, n) => `${JSON.stringify({ id: `d${n}`, text })}\n`).join(''));
  await select({ input: `book=${file}`, tokenizer: demoModel, window: 64, output, score: 'gzip', keep: 1 });
}, 60_000);

interface Line {
  doc_id: string;
  text: string;
  token_ids: number[];
  score: number;
  rank: number;
  window_id: string;
}

async function exported(options: Parameters<typeof exportRun>[0]): Promise<Line[]> {
  await exportRun({ score: 'gzip', format: 'jsonl', maxRepeats: 1, ...options });
  const dir = path.join(output, 'export');
  const files = readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
  const lines = files.map((name) => readFileSync(path.join(dir, name), 'utf8').trimEnd().split('\n'));
  return lines.flat().map((line) => JSON.parse(line) as Line);
}

describe('a selection of documents', () => {
  it('is exported as whole documents: all ids that the tokenizer gives, and the text', async () => {
    const tokenizer = await openTokenizer(demoModel);
    const lines = await exported({ output, unit: 'document', keep: 1 });
    expect(lines.map(({ doc_id }) => doc_id)).toEqual(['d0', 'd2', 'd3', 'd4']);
    for (const { doc_id, text, token_ids, window_id } of lines) {
      const whole = TEXTS[Number(doc_id.slice(1))]!;
      expect(text).toBe(whole);
      expect(token_ids).toEqual([...(await tokenizer.encode(whole)).ids]);
      expect(window_id).toBe(`a.jsonl:${Number(doc_id.slice(1)) + 1}:0`);
    }
  });

  it('keeps all windows of a document or none, and counts the tokens of documents', async () => {
    const { domains } = await select({ output, score: 'gzip', unit: 'document', keepTokens: 500, maxRepeats: 1 });
    const rows = await collect(readSelection(path.join(output, 'selection', 'selection.arrow')));
    const fates = new Map<string, Set<boolean>>();
    for (const { windowId, selected } of rows) {
      const key = documentOf(windowId);
      fates.set(key, (fates.get(key) ?? new Set()).add(selected));
    }
    expect([...fates.values()].every((fate) => fate.size === 1)).toBe(true);
    const lines = await exported({ output, unit: 'document', keepTokens: 500 });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(4);
    const tokens = lines.reduce((sum, { token_ids }) => sum + token_ids.length, 0);
    expect(domains[0]).toMatchObject({ keptTokens: tokens, keptDocuments: lines.length });
    expect(tokens).toBeLessThanOrEqual(500);
  });

  it('ranks by the aggregate that was asked for', async () => {
    const scores = new Map<string, number[]>();
    await select({ output, score: 'gzip', keep: 1, maxRepeats: 1 });
    for (const { windowId, score } of await collect(readSelection(path.join(output, 'selection', 'selection.arrow'))))
      scores.set(documentOf(windowId), [...(scores.get(documentOf(windowId)) ?? []), score]);
    const lines = await exported({ output, unit: 'document', aggregate: 'max', keep: 1 });
    for (const { window_id, score } of lines) expect(score).toBe(Math.max(...scores.get(documentOf(window_id))!));
    const byRank = [...lines].sort((a, b) => a.rank - b.rank).map(({ score }) => score);
    expect(byRank).toEqual([...byRank].sort((a, b) => b - a));
  });

  it('completes the list of documents of an older run', async () => {
    rmSync(path.join(output, 'documents'), { recursive: true });
    expect((await exported({ output, unit: 'document', keep: 1 })).length).toBe(4);
  });

  it.each([
    [{ maxPerDocument: 2 }, 'maxPerDocument'],
    [{ maxOverlap: 0.5 }, 'maxOverlap'],
  ] as const)('refuses %j, which is of windows', async (more, name) => {
    const asked = select({ output, score: 'gzip', unit: 'document', ...more });
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(name) });
  });

  it('refuses an aggregate of windows', async () => {
    await expect(select({ output, score: 'gzip', aggregate: 'max' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('joinedIds', () => {
  it('gives the ids that the windows were cut from', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 400 }), (window, more) => {
        const ids = Int32Array.from({ length: window + more }, (_, i) => i * 3);
        const windows = windowStarts(ids.length, window).map((tokenStart) => ({
          ...{ windowId: `d:${tokenStart}`, tokenStart, tokenIds: ids.slice(tokenStart, tokenStart + window) },
        }));
        expect(joinedIds(windows)).toEqual(ids);
      }),
    );
  });

  it('refuses windows with a gap', () => {
    const windows = [0, 20].map((tokenStart) => ({
      windowId: `d:${tokenStart}`,
      tokenStart,
      tokenIds: new Int32Array(10),
    }));
    expect(() => joinedIds(windows)).toThrow(expect.objectContaining({ code: 'ROWS_MISSING' }));
  });
});
