// Runs a program in a process group of its own, so that whatever it starts (pip, a compiler) is stopped with it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { errorCode } from './file-system.js';

/** Lines of the end of its output that are kept for an error to repeat. */
const LAST_LINES = 3;

export interface ProgramOptions {
  env?: NodeJS.ProcessEnv;
  /** Each line of what it says on stderr, and on stdout. */
  onMessage?: ((line: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ProgramEnd {
  /** null: a signal ended it. */
  code: number | null;
  /** The last line of stdout; '' where there is none. */
  answer: string;
  /** The last lines of stdout and stderr, as one. */
  said: string;
}

/** @throws what the start failed with (ENOENT), or the signal's reason; any exit code is an answer */
export async function runProgram(
  command: string,
  args: readonly string[],
  { env = process.env, onMessage, signal }: ProgramOptions,
): Promise<ProgramEnd> {
  signal?.throwIfAborted();
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const last: string[] = [];
  let answer = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (stream === child.stdout) answer = line;
      onMessage?.(line);
      if (last.push(line) > LAST_LINES) last.shift();
    });
  }
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error; // it has ended by itself
    }
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    signal?.throwIfAborted();
    return { code, answer, said: last.join(' ') || 'it said nothing' };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
