// What came from servers is told at the end of a stage, and stands in the log.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ProgressEvent } from '../../src/base/events.js';
import { select } from '../../src/pipeline/pipeline.js';
import { plan } from '../../src/pipeline/plan.js';
import { FileServer } from '../support/file-server.js';
import { tempFolder } from '../support/temp-folder.js';

const model = path.join(import.meta.dirname, '..', 'fixtures', 'models', 'llama');
const rows = [40, 80].map((length, n) => ({ id: `d${n}`, ids: Array.from({ length }, (_, i) => (i * i) % 100) }));
const packed = gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

let server: FileServer;
beforeEach(async () => {
  server = await new FileServer().start();
});
afterEach(() => server.stop());

async function fetchedOf(input: string): Promise<{ told: number[]; logged: unknown[] }> {
  const output = path.join(tempFolder(), 'RUN');
  const events: ProgressEvent[] = [];
  const options = { input: `d=${input}`, idsField: 'ids', model, window: 16, output, score: 'gzip', keep: 1 } as const;
  await select(options, { onProgress: (event) => events.push(event) });
  const told = events.flatMap((event) =>
    event.type === 'stage-done' && event.counts['bytes fetched'] ? [event.counts['bytes fetched']] : [],
  );
  const logs = path.join(output, 'logs');
  const lines = readdirSync(logs).flatMap((name) => readFileSync(path.join(logs, name), 'utf8').trim().split('\n'));
  const entries = lines.map((line) => JSON.parse(line) as { counts?: Record<string, number> });
  return { told, logged: entries.flatMap(({ counts }) => counts?.['bytes fetched'] ?? []) };
}

it('of a packed file: what the server gave', async () => {
  const { told, logged } = await fetchedOf(server.address('a.jsonl.gz', packed));
  // The first byte alone is asked for to know size and tag.
  const given = server.asked.filter(({ headers }) => headers.range !== 'bytes=0-0').map(({ bytes }) => bytes!);
  expect(given.length).toBeGreaterThan(1);
  expect(told).toEqual([given.reduce((sum, bytes) => sum + bytes)]);
  expect(logged).toEqual(told);
});

it('of a file of this machine: nothing', async () => {
  const file = path.join(tempFolder(), 'a.jsonl.gz');
  writeFileSync(file, packed);
  expect(await fetchedOf(file)).toEqual({ told: [], logged: [] });
});

describe('a plan says how much there is to fetch', () => {
  const shared = { idsField: 'ids', model, window: 16, score: 'gzip' } as const;
  const planned = async (input: string) =>
    plan({ ...shared, input: `d=${input}`, output: path.join(tempFolder(), 'RUN') });

  it('of a packed file its bytes', async () => {
    const { inputBytes, remoteBytes } = await planned(server.address('a.jsonl.gz', packed));
    expect([inputBytes, remoteBytes]).toEqual([packed.length, packed.length]);
  });

  it("of an index of Megatron's the ids beside it too", async () => {
    const folder = path.join(import.meta.dirname, '..', 'fixtures', 'exports', 'tokens', 'code', '00000');
    const [idx, bin] = ['tokens.idx', 'tokens.bin'].map((name) => readFileSync(path.join(folder, name)));
    server.address('tokens.bin', bin);
    const { remoteBytes } = await planned(server.address('tokens.idx', idx));
    expect(remoteBytes).toBe(idx!.length + bin!.length);
  });

  it('of a file of this machine nothing', async () => {
    const file = path.join(tempFolder(), 'a.jsonl.gz');
    writeFileSync(file, packed);
    const { inputBytes, remoteBytes } = await planned(file);
    expect([inputBytes, remoteBytes]).toEqual([packed.length, 0]);
  });
});
