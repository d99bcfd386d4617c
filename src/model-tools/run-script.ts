// Runs a Python script of the package.
import { environmentError } from '../base/errors.js';
import type { ProgramOptions } from '../io/run-program.js';
import { pythonProgram, runPython } from '../io/run-python.js';

/** What the scripts exit with when the user's environment has to change first. */
const ENVIRONMENT_EXIT = 4;

/** @throws LongattnError PYTHON_MISSING, MODEL_SCRIPT_FAILED with the last lines, or the signal's reason */
export async function runScript(script: string, args: readonly string[], options: ProgramOptions): Promise<void> {
  const { code, said } = await runPython([script, ...args], options);
  if (code === 0) return;
  const advice = code === ENVIRONMENT_EXIT ? '' : ` Report this with the output of ${pythonProgram()} --version.`;
  throw environmentError('MODEL_SCRIPT_FAILED', `${script} ended with ${code ?? 'a signal'}: ${said}${advice}`);
}
