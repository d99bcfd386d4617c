// Shared by the scripts: run a child in the project's folder, time named steps, fail with a sentence instead of a stack.
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A failure that the user can act on: printed without a stack, exit code 4 (environment). */
export class SetupError extends Error {}

/** Run a command in the project's root; output goes to the user's terminal. Throws SetupError when it fails. */
export function run(command, args, { env = {}, quiet = false, cwd = root } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.error?.code === 'ENOENT') throw new SetupError(`${command} is not installed or not on the PATH.`);
  if (result.error) throw result.error;
  if (result.status !== 0) {
    const output = quiet ? `\n${result.stdout}${result.stderr}` : '';
    throw new SetupError(`${command} ${args.join(' ')} ended with ${result.status ?? result.signal}.${output}`);
  }
  return result.stdout ?? '';
}

/**
 * `run` beside other work: resolves when it has ended. What it says is printed then, so that the lines of two do not mix.
 * Rejects with SetupError when it fails.
 */
export function runBeside(command, args) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: root, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      process.stderr.write(`${stdout}${stderr}`);
      if (!error) return resolve();
      if (error.code === 'ENOENT') return reject(new SetupError(`${command} is not installed or not on the PATH.`));
      reject(new SetupError(`${command} ${args.join(' ')} ended with ${error.code ?? error.signal}.`));
    });
  });
}

/** Name a step, run it, and say how long it took. */
export async function step(name, action) {
  const start = performance.now();
  const note = await action();
  const seconds = (performance.now() - start) / 1000;
  console.error(`[${name}] ${note ?? 'done'} (${seconds.toFixed(1)} s)`);
}

/** The top of every script: errors that the user can act on become one line and exit code 4. */
export async function main(action) {
  try {
    await action(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 4;
  }
}
