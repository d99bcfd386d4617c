// An export to the Hub by the command line: killed at each step of the way and started again, and with a token that the Hub does not take.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { select } from '../../src/pipeline/pipeline.js';
import { FakeHub, type FakeRepo } from '../hub/fake-hub.js';
import { cli, root, startCli, temporaryFolder } from '../support/cli.js';

const TOKEN = 'hf_PRIVATE';
const folder = temporaryFolder();
const run = path.join(folder, 'run');
/** Two large files, of the ids and of where they are from, and two small ones. */
const COMMAND = ['export', run, '--format', 'parquet', '--columns', 'input_ids', '--to', 'hf://datasets/org/name/sub'];
let hub: FakeHub;
let repo: FakeRepo;

beforeAll(async () => {
  const corpus = path.join(folder, 'ids.jsonl');
  const ids = Array.from({ length: 200 }, (_, i) => (i * i) % 100);
  writeFileSync(corpus, `${JSON.stringify({ id: 'a', ids })}\n`);
  const model = path.join(root, 'test', 'fixtures', 'models', 'llama');
  await select({ input: `d=${corpus}`, idsField: 'ids', model, window: 16, output: run, score: 'gzip' });
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  rmSync(path.join(run, 'uploads'), { recursive: true, force: true });
  hub = await new FakeHub().start();
  repo = hub.add('datasets/org/name', { '.gitattributes': '*.parquet filter=lfs' });
});
afterEach(() => hub.stop());

const environment = (token: string) => ({ HF_ENDPOINT: hub.endpoint, HF_TOKEN: token });

function filesBelow(from: string): string[] {
  const entries = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ parentPath, name }) => path.relative(from, path.join(parentPath, name)));
}

describe('an export to the Hub that is killed', () => {
  it.each([
    ['as a large file is sent', ({ path }: { path: string }) => path.startsWith('/objects/')],
    ['before the commit', ({ path }: { path: string }) => path.includes('/commit/')],
    ['after the commit', ({ path }: { path: string }) => path.includes('/tree/') && hub.writes.commits.length > 0],
  ])('%s goes on: one commit, and no file sent twice', async (_, isMoment) => {
    const { child, result } = startCli(COMMAND, environment(TOKEN));
    hub.fault = (request) => (isMoment(request) && child.kill('SIGKILL') ? { silent: true } : undefined);
    expect(await result).toMatchObject({ signal: 'SIGKILL' });
    hub.fault = () => undefined;
    const { code, stdout, stderr } = await cli(COMMAND, environment(TOKEN));
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(stdout + stderr).not.toContain(TOKEN);
    const written = filesBelow(path.join(run, 'export'));
    expect(written).toHaveLength(4);
    for (const name of written) {
      expect(repo.files.get(`sub/${name}`)?.equals(readFileSync(path.join(run, 'export', name)))).toBe(true);
    }
    expect(hub.writes.commits).toHaveLength(1);
    expect(hub.writes.received).toHaveLength(2);
  });
});

it('with a token that the Hub does not know sends nothing, and does not repeat the token', async () => {
  hub.fault = ({ authorization }) => (authorization === `Bearer ${TOKEN}` ? undefined : { status: 401 });
  const { code, stdout, stderr } = await cli([...COMMAND, '--log-format', 'json'], environment('hf_WRONG'));
  expect([code, stderr]).toEqual([3, expect.stringContaining('check that the token in HF_TOKEN is valid')]);
  expect(stdout + stderr).not.toContain('hf_WRONG');
  expect([hub.writes.received, hub.writes.commits]).toEqual([[], []]);
  for (const file of filesBelow(run)) expect(readFileSync(path.join(run, file), 'latin1')).not.toContain('hf_WRONG');
});
