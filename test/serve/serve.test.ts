// A served run: what it answers is what the run, `select` and `attention` say.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { readSelection, readWindows } from '../../src/arrow/reader.js';
import { attention } from '../../src/attention/attention.js';
import { run, select } from '../../src/pipeline/pipeline.js';
import type { PageAttention, PageChoice, PageHeat, PageMeta, PageText } from '../../src/report/page-data.js';
import { readJsonScript } from '../../src/report/page-folder.js';
import { serve, type ServedPage } from '../../src/serve/serve.js';
import { demoModel, root, startCli, temporaryFolder } from '../support/cli.js';
import { collect } from '../support/collect.js';
import { madeText } from '../support/corpus.js';

const WINDOW = 128;
const folder = temporaryFolder();
const dir = path.join(folder, 'run');
let served: ServedPage;

beforeAll(async () => {
  const corpus = path.join(folder, 'corpus.jsonl');
  const lines = Array.from({ length: 12 }, (_, i) => JSON.stringify({ id: `d${i}`, text: madeText(300, i + 1) }));
  writeFileSync(corpus, lines.map((line) => `${line}\n`).join(''));
  await run({ input: [`tale=${corpus}`], model: demoModel, window: WINDOW, keep: '25%', output: dir });
  served = await serve(dir);
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function asked<T>(name: string, query: Record<string, string>): Promise<T> {
  return readJsonScript(await textAt(`${served.url}api/${name}.js?${new URLSearchParams(query)}`)) as T;
}

/** On a connection of its own: one that is kept may be closed while this process is at work. */
function textAt(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, (response) => void text(response).then(resolve, reject));
    request.on('error', reject);
  });
}
const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));
const floats = (base64: string) => new Float32Array(bytes(base64).buffer);

it('tells the page that it is served, and keeps the page that is there', async () => {
  expect((readJsonScript(await textAt(`${served.url}data/meta.js`)) as PageMeta).served).toEqual({ layers: [0] });
  const page = path.join(dir, 'report', 'index.html');
  const before = statSync(page).ino;
  await using again = await serve(dir);
  expect(again.url).not.toBe(served.url);
  expect(statSync(page).ino).toBe(before);
  await select({ output: dir, keep: '25%' });
  await using anew = await serve(dir);
  expect(anew.port).toBeGreaterThan(0);
  expect(statSync(page).ino).not.toBe(before);
});

it('has the text and the tokens of any window', async () => {
  const rows = await collect(readWindows(path.join(dir, 'windows', 'part-00000.arrow')));
  for (const w of [0, rows.length - 1]) {
    const found = await asked<PageText>('window', { w: `${w}` });
    expect(found).toMatchObject({ row: w, charStart: rows[w]!.charStart, charEnd: rows[w]!.charEnd });
    expect([...found.text]).toHaveLength(rows[w]!.charEnd - rows[w]!.charStart);
    expect(Buffer.from(found.offsets!, 'base64')).toHaveLength(4 * (WINDOW + 1));
  }
  for (const w of [`${rows.length}`, '-1', '1.5', '', '1e3'])
    expect(await asked('window', { w })).toMatchObject({ code: 'INVALID_OPTION' });
});

it('chooses as select does, with another k and other heads', async () => {
  const options = { selectK: '64', heads: '0,3', keep: '0.4', alpha: '-0.5' };
  const choice = await asked<PageChoice>('select', options);
  await select({ ...options, output: dir, name: 'other' } as never);
  const rows = await collect(readSelection(path.join(dir, 'selection', 'other.arrow')));
  expect([...new Int32Array(bytes(choice.rank).buffer)]).toEqual(rows.map(({ rank }) => rank));
  expect([...new Float64Array(bytes(choice.values).buffer)]).toEqual(rows.map(({ score }) => score));
  expect(Array.from(bytes(choice.reason), (one) => choice.reasons[one])).toEqual(rows.map(({ reason }) => reason));
  expect(choice).toMatchObject({ k: 64, layer: 0 });
});

it('refuses other options than those of a selection, and says what select says', async () => {
  for (const query of [
    { output: '/tmp/x' },
    { model: 'x' },
    { input: '/etc/passwd' },
    { config: 'x' },
    { unit: 'document' },
  ])
    expect(await asked('select', query)).toMatchObject({ code: 'INVALID_OPTION' });
  expect(await asked('select', { selectK: '7' })).toMatchObject({ code: 'K_NOT_STORED' });
  expect(await asked('select', { selectLayer: '5' })).toMatchObject({ code: 'LAYER_NOT_SCORED' });
});

it('computes the attention of a window as `attention` does', async () => {
  const [window] = await collect(readWindows(path.join(dir, 'windows', 'part-00000.arrow')));
  const own = await attention({ model: demoModel, ids: window!.tokenIds, heads: 'mean', rows: [100], map: 256 });
  const query = { w: '0', layer: '0', head: 'mean' };
  const map = await asked<PageAttention>('attention', query);
  expect(map).toMatchObject({ tokens: WINDOW, blocks: WINDOW });
  expect(floats(map.map!)).toEqual(own.attention[0]!.map);
  const row = await asked<PageAttention>('attention', { ...query, row: '100' });
  expect(floats(row.row!)).toEqual(own.attention[0]!.rows[0]);
  for (const wrong of [{ head: '9' }, { layer: '1' }, { row: `${WINDOW}` }])
    expect(await asked('attention', { ...query, ...wrong })).toMatchObject({ code: 'INVALID_OPTION' });
});

it('computes the far mass of each token, whose mean is DS', async () => {
  const { heat } = await asked<PageHeat>('heat', { w: '0', layer: '0' });
  const far = floats(heat);
  const { heads } = await asked<PageText>('window', { w: '0' });
  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  expect(far).toHaveLength(WINDOW);
  // The far mass of a token is float32.
  expect(mean(far)).toBeCloseTo(mean(heads!), 6);
});

it('is a command that prints the address and the tunnel, and ends by a signal', async () => {
  const { child, result } = startCli(['serve', dir, '--json']);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const told = JSON.parse(line.toString()) as { url: string; port: number; tunnel: string };
  expect(told.tunnel).toContain(`ssh -N -L ${told.port}:127.0.0.1:${told.port} `);
  expect(await textAt(told.url)).toContain('<title>longattn</title>');
  child.kill('SIGTERM');
  expect(await result).toMatchObject({ code: 143 });
});

it('opens the browser of this machine at the address, and says so where there is none', async () => {
  const programs = path.join(folder, 'programs');
  mkdirSync(programs);
  const opened = path.join(folder, 'opened');
  // As xdg-open does, of Linux, and open, of macOS.
  for (const name of ['xdg-open', 'open'])
    writeFileSync(
      path.join(programs, name),
      `#!/bin/sh\nprintf %s "$1" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`,
      {
        mode: 0o755,
      },
    );
  const { child, result } = startCli(['serve', dir, '--open', '--json'], {
    PATH: `${programs}${path.delimiter}${process.env['PATH']}`,
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  while (!existsSync(opened)) await setTimeout(20);
  expect(readFileSync(opened, 'utf8')).toBe((JSON.parse(line.toString()) as { url: string }).url);
  child.kill('SIGTERM');
  await result;
  const without = startCli(['serve', dir, '--open'], { PATH: path.join(folder, 'nothing') });
  await once(without.child.stderr!, 'data');
  without.child.kill('SIGTERM');
  expect((await without.result).stderr).toMatch(/open cannot be started .*: open the address yourself/);
});

it('ends with the process that started it', async () => {
  const command = '"$0" dist/cli/bin.cjs serve "$1" --die-with-parent & wait';
  const shell = spawn('sh', ['-c', command, process.execPath, dir], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(shell.stdout, 'data');
  shell.kill('SIGKILL');
  // The shell's end of the pipe is gone; the other is closed by the end of what it started.
  await once(shell, 'close');
});
