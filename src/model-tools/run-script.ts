// Runs a Python script of the package in a process group of its own, so that pip and whatever it starts can be stopped with it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { environmentError, LongattnError } from '../base/errors.js';
import { errorCode } from '../io/file-system.js';

/** What the scripts exit with when the user's environment has to change first. */
const ENVIRONMENT_EXIT = 4;
/** Lines of the end of its output that an error repeats. */
const LAST_LINES = 3;

export interface RunScriptOptions {
  env: NodeJS.ProcessEnv;
  onMessage?: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** @throws LongattnError PYTHON_MISSING, MODEL_SCRIPT_FAILED with the last lines, or the signal's reason */
export async function runScript(script: string, args: readonly string[], options: RunScriptOptions): Promise<void> {
  options.signal?.throwIfAborted();
  const child = spawn('python3', [script, ...args], {
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      options.onMessage?.(line);
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
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    options.signal?.throwIfAborted();
    if (code === 0) return;
    const said = last.join(' ') || 'it said nothing';
    const advice = code === ENVIRONMENT_EXIT ? '' : ' Report this with the output of python3 --version.';
    throw environmentError('MODEL_SCRIPT_FAILED', `${script} ended with ${code ?? 'a signal'}: ${said}${advice}`);
  } catch (error) {
    if (error instanceof LongattnError || options.signal?.aborted) throw error;
    throw environmentError(
      'PYTHON_MISSING',
      `python3 cannot be started (${(error as Error).message}). Install Python 3.9 or newer with pip.`,
      error,
    );
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
}
