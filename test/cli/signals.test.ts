// A command that is asked to end: by whom makes no difference but to the exit code.
import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { cli, demoModel, root, startCli, temporaryFolder } from '../support/cli.js';
import { makeCorpus } from '../support/corpus.js';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inputs = makeCorpus(folder).flatMap((input) => ['--input', input]);
const command = (name: string): string[] => [
  'run',
  ...inputs,
  ...['--model', demoModel, '--window', '512', '--output', path.join(folder, name), '--log-format', 'json'],
];

describe('a signal that asks for an end', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGUSR1', 138],
    ['SIGUSR2', 140],
    ['SIGTERM', 143],
  ] as const)('%s stops a run and ends with %d', async (signal, code) => {
    const { child, result } = startCli(command(signal));
    child.stderr!.once('data', () => child.kill(signal));
    const { code: ended, stderr } = await result;
    expect(ended).toBe(code);
    expect(stderr).toContain(`${signal}: finishing what is being written`);
    expect(stderr).not.toContain('Debugger');
  });

  it('ends at once with the second, in the middle of a batch', async () => {
    const text = path.join(folder, 'long.txt');
    writeFileSync(text, 'Call me Ishmael. Some years ago, never mind how long.\n'.repeat(20_000));
    const output = path.join(folder, 'twice');
    const args = ['run', '--input', text, '--model', demoModel, '--window', '32768', '--output', output];
    const { child, result } = startCli([...args, '--log-format', 'json']);
    let sent = false;
    child.stderr!.on('data', (chunk: Buffer) => {
      // The model is open and is given the first batch, of seconds: the next event comes when that is done.
      if (sent || !/"stage-facts","stage":"scores"/.test(chunk.toString())) return;
      sent = true;
      child.kill('SIGINT');
      child.kill('SIGTERM');
    });
    const { code, stderr } = await result;
    // Whichever came first would end with its own number, after it has cleaned up.
    const first = /(SIG\w+): finishing what is being written/.exec(stderr)?.[1];
    expect(['SIGINT', 'SIGTERM']).toContain(first);
    expect(code).toBe(first === 'SIGINT' ? 143 : 130);
    expect(existsSync(path.join(output, 'scores', 'part-00000.done.json'))).toBe(false);
  });

  it.each(['SIGUSR1', 'SIGUSR2', 'SIGHUP'] as const)(
    '%s ends a process whose command has not begun',
    async (signal) => {
      // Loaded in front of the command's modules, which then take their time.
      const stalled = `data:text/javascript,await new Promise((go) => { console.error('stalled'); setTimeout(go, 60_000); })`;
      const bin = path.join(root, 'dist', 'cli', 'bin.cjs');
      const load = `require(${JSON.stringify(bin)}); import(${JSON.stringify(stalled)})`;
      const child = spawn(process.execPath, ['-e', load, 'x', '--version'], { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
        child.kill(signal);
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect({ code, stderr }).toEqual({
        code: { SIGHUP: 129, SIGUSR1: 138, SIGUSR2: 140 }[signal],
        stderr: 'stalled\n',
      });
    },
  );
});

describe('the pool that tokenisers run on', () => {
  /** Threads of the process when the command is done, and the pool has had work: newer Nodes import without it. */
  const count = `data:text/javascript,import fs from 'node:fs';process.once('beforeExit',()=>fs.stat('/',()=>console.log('threads='+fs.readdirSync('/proc/self/task').length)))`;
  const threads = async (env: NodeJS.ProcessEnv): Promise<number> => {
    const { stdout } = await cli(['--version'], { NODE_OPTIONS: `--import="${count.replaceAll(' ', '%20')}"`, ...env });
    return Number(/threads=(\d+)/.exec(stdout)![1]);
  };

  it('has a thread a core and four for files, or what UV_THREADPOOL_SIZE says', async () => {
    const alone = (await threads({ UV_THREADPOOL_SIZE: '1' })) - 1;
    expect(await threads({ UV_THREADPOOL_SIZE: '9' })).toBe(alone + 9);
    expect(await threads({})).toBe(alone + availableParallelism() + 4);
  });
});
