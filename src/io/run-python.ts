// Runs a Python script, or says how to get Python.
import { environmentError } from '../base/errors.js';
import { runProgram, type ProgramEnd, type ProgramOptions } from './run-program.js';

/**
 * @param python a name on the PATH, or a path
 * @throws LongattnError PYTHON_MISSING, or the signal's reason; any exit code is an answer
 */
export async function runPython(python: string, args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  try {
    return await runProgram(python, args, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const what = `${python} cannot be started (${(error as Error).message})`;
    throw environmentError('PYTHON_MISSING', `${what}. Install Python 3.9 or newer with pip.`, error);
  }
}
