// Workers as processes: however they are started, stopped and killed, the run ends with the bytes of one process.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, contents, demoModel, startCli, temporaryFolder } from '../support/cli.js';

/** LONGATTN_TEST_WORKERS=64 is what docs/cluster.md tells of; each is half a second of CPU and more. */
const AT_ONCE = Number(process.env['LONGATTN_TEST_WORKERS'] ?? 16);

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = path.join(folder, 'ids.jsonl');
const options = ['--input', `book=${file}`, '--ids-field', 'ids', '--window', '256', '--model', demoModel];
const machine = ['--threads', '1', '--log-format', 'json'];
const whole = path.join(folder, 'whole');

beforeAll(async () => {
  // Rows are padded, so that a few of them fill a part of 4 MiB.
  const rows = Array.from({ length: 360 }, (_, row) => {
    const ids = Array.from({ length: 512 }, (_, i) => (i * 31 + row * 7) % 49_152);
    return JSON.stringify({ ids, pad: 'x'.repeat(60_000) });
  });
  writeFileSync(file, `${rows.join('\n')}\n`);
  expect((await cli(['run', '-o', whole, ...options])).code).toBe(0);
}, 300_000);

async function expectWhole(run: string): Promise<void> {
  expect((await cli(['finish', run])).code).toBe(0);
  expect(contents(run)).toEqual(contents(whole));
}

describe('longattn work', () => {
  it(`${AT_ONCE} started at once in an empty folder make one plan and one run`, async () => {
    const run = path.join(folder, 'at once');
    const workers = Array.from({ length: AT_ONCE }, (_, i) =>
      cli(['work', run, ...options, ...machine, '--start', `${i + 1}/${AT_ONCE}`, '--wait']),
    );
    const results = await Promise.all(workers);
    expect(results.map(({ code, stderr }) => ({ code, stderr: code === 0 ? '' : stderr }))).toEqual(
      results.map(() => ({ code: 0, stderr: '' })),
    );
    await expectWhole(run);
  }, 600_000);

  it('killed, stopped by a signal and by a time limit, another goes on', async () => {
    const run = path.join(folder, 'stopped');
    expect((await cli(['plan', run, ...options])).code).toBe(0);
    expect(await cli(['finish', run])).toMatchObject({ code: 5, stderr: expect.stringContaining('scores-part-00000') });
    const killed = startCli(['work', run, ...machine]);
    killed.child.stderr!.once('data', () => killed.child.kill('SIGKILL'));
    expect((await killed.result).signal).toBe('SIGKILL');
    const stopped = startCli(['work', run, ...machine]);
    stopped.child.stderr!.once('data', () => stopped.child.kill('SIGUSR1'));
    expect((await stopped.result).code).toBe(75);
    const limited = await cli(['work', run, ...machine, '--time-limit', '0.001s', '--json']);
    expect(limited.code).toBe(75);
    expect(JSON.parse(limited.stdout)).toMatchObject({ parts: 6, stopped: expect.stringContaining('time limit') });
    expect((await cli(['work', run, ...machine])).code).toBe(0);
    const status = JSON.parse((await cli(['status', run, '--json'])).stdout) as unknown;
    expect(status).toMatchObject({ complete: true, parts: 6, leases: [], failures: [], scores: { done: 6 } });
    await expectWhole(run);
  }, 300_000);
});
