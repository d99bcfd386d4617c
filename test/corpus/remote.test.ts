import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { planInputs } from '../../src/corpus/plan.js';
import { readSlices } from '../../src/corpus/read-slices.js';
import { readCorpus } from '../support/documents.js';
import { FakeHub } from '../hub/fake-hub.js';
import { FileServer } from '../support/file-server.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/corpus/', import.meta.url));
const NAMES = readdirSync(FIXTURES).filter((name) => !name.endsWith('.py'));
const SMALL = { partBytes: 2000 };

const hub = new FakeHub();
const endpoint = process.env['HF_ENDPOINT'];
beforeAll(async () => {
  await hub.start();
  process.env['HF_ENDPOINT'] = hub.endpoint;
});
afterAll(async () => {
  if (endpoint === undefined) delete process.env['HF_ENDPOINT'];
  else process.env['HF_ENDPOINT'] = endpoint;
  await hub.stop();
});

let server: FileServer;
beforeEach(async () => {
  server = await new FileServer().start();
});
afterEach(() => server.stop());

const inputs = (file: string) => [{ domain: 'd', patterns: [file] }];

describe('a file of a server gives what the local one gives', () => {
  it.each(NAMES)('%s', async (name) => {
    const file = path.join(FIXTURES, name);
    const address = server.address(name, readFileSync(file));
    const local = await readCorpus(inputs(file), {}, SMALL);
    const remote = await readCorpus(inputs(address), {}, SMALL);
    expect(local.documents.length + local.rejects.length).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(remote).replaceAll(address, file))).toEqual(JSON.parse(JSON.stringify(local)));
    hub.add('datasets/org/name', { [name]: readFileSync(file) });
    const inHub = `hf://datasets/org/name/${name}`;
    const ofHub = await readCorpus(inputs(inHub), {}, SMALL);
    expect(JSON.parse(JSON.stringify(ofHub).replaceAll(inHub, file))).toEqual(JSON.parse(JSON.stringify(local)));
  });
});

it('a file that changed in place ends the read', async () => {
  const address = server.address('a.jsonl', '{"text":"one"}\n');
  const { parts, files } = await planInputs(inputs(address));
  expect(files[0]!.etag).toBeDefined();
  server.address('a.jsonl', '{"text":"two"}\n');
  const read = readSlices(parts[0]!.slices, {}, { onReject: () => undefined });
  await expect(read.next()).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
});

it('local files have no tag', async () => {
  const { files } = await planInputs(inputs(path.join(FIXTURES, 'rows.jsonl')));
  expect(Object.keys(files[0]!)).toEqual(['path', 'name', 'bytes', 'format', 'compression', 'domain']);
});

it('a missing file is none', async () => {
  await expect(planInputs(inputs(server.address('none.jsonl')))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
});

it.each([
  ['members.jsonl.gz', readFileSync(path.join(FIXTURES, 'members.jsonl.gz'))],
  ['frames.jsonl.zst', readFileSync(path.join(FIXTURES, 'frames.jsonl.zst'))],
  ['array.json', Buffer.from('[{"text":"one"},{"text":"two"}]')],
])('%s is checked and read, and fetched once', async (name, content) => {
  const { parts } = await planInputs(inputs(server.address(name, content)));
  server.asked.length = 0;
  let documents = 0;
  for await (const _ of readSlices(parts[0]!.slices, {}, { onReject: () => undefined })) documents++;
  expect(documents).toBeGreaterThan(1);
  // And the one byte by which size and tag are asked for.
  expect(server.asked.map(({ bytes }) => bytes)).toEqual([1, content.length]);
});
