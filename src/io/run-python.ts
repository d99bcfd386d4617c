// Runs a Python script, or says how to get Python.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { environmentError } from '../base/errors.js';
import { runProgram, type ProgramEnd, type ProgramOptions } from './run-program.js';

/** LONGATTN_PYTHON, which the wheel sets to its own, else that of the virtual environment, where one is active, else the one on the PATH. */
export function pythonProgram(): string {
  const { LONGATTN_PYTHON: told, VIRTUAL_ENV: active } = process.env;
  if (told) return told;
  const own = active && path.join(active, 'bin', 'python3');
  return own && existsSync(own) ? own : 'python3';
}

/** @throws LongattnError PYTHON_MISSING, or the signal's reason; any exit code is an answer */
export async function runPython(args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const python = pythonProgram();
  try {
    return await runProgram(python, args, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const what = `${python} cannot be started (${(error as Error).message})`;
    throw environmentError(
      'PYTHON_MISSING',
      `${what}. Install Python 3.9 or newer with pip, or name one in LONGATTN_PYTHON.`,
      error,
    );
  }
}
