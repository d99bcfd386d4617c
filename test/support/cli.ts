// Run the built CLI as a user would: a process of its own, its exit code, stdout and stderr.
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..', '..');
export const demoModel = path.join(root, 'models', 'smollm2-135m-layer0');
const main = path.join(root, 'dist', 'cli', 'bin.cjs');

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export function startCli(
  args: string[],
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; result: Promise<CliResult> } {
  const child = spawn(process.execPath, [main, ...args], { cwd: root, env: { ...process.env, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const result = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, result };
}

export const cli = (args: string[], env?: NodeJS.ProcessEnv): Promise<CliResult> => startCli(args, env).result;

export const temporaryFolder = (): string => mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));

/** Relative path -> sha256 of every file of a run that must not depend on how the run was made (logs do). */
export function contents(run: string): Record<string, string> {
  const out: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(path.join(run, folder), { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'logs') visit(file);
      else if (entry.isFile())
        out[file] = createHash('sha256')
          .update(readFileSync(path.join(run, file)))
          .digest('hex');
    }
  };
  visit('.');
  return out;
}
