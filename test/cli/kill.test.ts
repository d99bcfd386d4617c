// A run that is killed at random moments and started again must end with the bytes of a run that was never disturbed.
import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryPath } from '../../src/io/temporary.js';
import { cli, contents, demoModel, startCli, temporaryFolder } from '../support/cli.js';
import { makeCorpus } from '../support/corpus.js';

const KILLS = 20;
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const command = (inputs: string[], output: string, ...more: string[]): string[] => [
  'run',
  ...inputs.flatMap((input) => ['--input', input]),
  ...['--model', demoModel, '--window', '512', '--keep', '30%', '--output', output, ...more],
];

describe('a run that is disturbed', () => {
  const inputs = makeCorpus(folder);
  const whole = path.join(folder, 'whole');

  it(`kill -9 at ${KILLS} random moments, then resume: the same bytes`, async () => {
    const start = Date.now();
    const reference = await cli(command(inputs, whole));
    expect(reference.stderr).not.toContain('fault');
    expect(reference.code).toBe(0);
    const seconds = Date.now() - start;
    const killed = path.join(folder, 'killed');
    let kills = 0;
    for (let attempt = 0; kills < KILLS && attempt < 20 * KILLS; attempt++) {
      // A finished run has nothing left to disturb: begin again, so that the moments cover the whole of it.
      const { child, result } = startCli(command(inputs, killed));
      const timer = setTimeout(() => child.kill('SIGKILL'), Math.random() * seconds);
      const { signal, code } = await result;
      clearTimeout(timer);
      if (signal === 'SIGKILL') kills++;
      else {
        expect(code).toBe(0);
        expect(contents(killed)).toEqual(contents(whole));
        rmSync(killed, { recursive: true });
      }
    }
    expect(kills).toBe(KILLS);
    expect((await cli(command(inputs, killed))).code).toBe(0);
    expect(contents(killed)).toEqual(contents(whole));
  }, 600_000);

  it('a kill between the last part and the result leaves nothing that the next command does not sweep', async () => {
    const output = path.join(folder, 'swept');
    expect((await cli(command(inputs, output))).code).toBe(0);
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    for (const target of ['selection/selection.arrow', 'export']) {
      writeFileSync(temporaryPath(path.join(output, target)).replace(`.${process.pid}.`, `.${dead}.`), 'half');
    }
    // Killed after the entry of a part, before its segments were removed.
    for (const end of ['arrow', 'done.json']) {
      const scores = path.join(output, 'scores');
      copyFileSync(path.join(scores, `part-00000.${end}`), path.join(scores, `part-00000.seg-0000.${end}`));
    }
    expect((await cli(['select', '--output', output, '--keep', '30%'])).code).toBe(0);
    expect(contents(output)).toEqual(contents(whole));
  });

  it.each([
    ['2 workers', ['--workers', '2']],
    ['4 workers, batch 8', ['--workers', '4', '--batch', '8']],
    ['batch 1, one thread', ['--batch', '1', '--threads', '1']],
    ['a small table', ['--memory', '0']],
  ])('%s: the same bytes', async (name, options) => {
    const output = path.join(folder, name.replaceAll(/\W/g, '-'));
    expect((await cli(command(inputs, output, ...options))).code).toBe(0);
    expect(contents(output)).toEqual(contents(whole));
  });

  it('two shards, merged: the same bytes', async () => {
    const output = path.join(folder, 'shards');
    const scoring = ['score', ...command(inputs, output).slice(1)].filter((word) => !['--keep', '30%'].includes(word));
    const [one, two] = await Promise.all([cli([...scoring, '--shard', '1/2']), cli([...scoring, '--shard', '2/2'])]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect((await cli(command(inputs, output))).code).toBe(0);
    expect(contents(output)).toEqual(contents(whole));
  });

  it('SIGINT ends with 130 and keeps what is done', async () => {
    const output = path.join(folder, 'interrupted');
    const { child, result } = startCli(command(inputs, output, '--log-format', 'json'));
    // The first event: stages are at work.
    child.stderr!.once('data', () => child.kill('SIGINT'));
    expect((await result).code).toBe(130);
    expect((await cli(command(inputs, output))).code).toBe(0);
    expect(contents(output)).toEqual(contents(whole));
  });
});
