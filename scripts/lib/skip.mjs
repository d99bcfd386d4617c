// A check that this machine cannot do is skipped aloud; with CI=true it is an error, because what CI leaves out nobody sees.
import { SetupError } from './step.mjs';

/** Say that `check` was not done, and what it lacks. Throws SetupError (exit code 4) with CI=true. */
export function skip(check, lacking) {
  if (process.env.CI === 'true') throw new SetupError(`${check} could not be checked, and CI=true: ${lacking}`);
  console.error(`[${check}] SKIPPED: ${lacking}`);
}
