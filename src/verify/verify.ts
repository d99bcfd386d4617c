// The comparison of a run with a golden file, for Node scripts: a run is named by its path.
import { LongattnError } from '../base/errors.js';
import { parseRows } from '../options/parse-rows.js';
import { VERIFY, type VerifyOptions } from '../options/verify-options.js';
import { isScored, loadRun, type Run } from '../run/directory.js';
import { verifyScores, writeGolden as writeGoldenOf, type VerifyResult } from './verify-scores.js';

/**
 * Compare the scores of a run with a golden file, head by head.
 * @param run the run directory
 * @throws LongattnError INVALID_OPTION, RUN_MISSING, NOT_SCORED, GOLDEN_MISSING, GOLDEN_TWICE, ARROW_INVALID, ARROW_SCHEMA, PART_MISSING, PART_CHANGED; or the
 *   signal's reason
 */
export async function verify(
  run: string,
  options: VerifyOptions,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<VerifyResult> {
  const { golden, rtol } = parseRows(VERIFY, { ...options });
  return verifyScores(await loadScored(run), { golden, rtol, ...(signal && { signal }) });
}

/**
 * Write the scores of a run as a golden file. Two runs of the same windows give the same bytes, whatever their parts.
 * @param run the run directory
 * @returns the number of rows
 * @throws LongattnError RUN_MISSING, NOT_SCORED, PART_MISSING, PART_CHANGED, NO_WINDOWS, and those of the disk
 */
export async function writeGolden(run: string, golden: string): Promise<number> {
  return writeGoldenOf(await loadScored(run), golden);
}

async function loadScored(dir: string): Promise<Run> {
  const run = await loadRun(dir);
  if (isScored(run.manifest)) return run;
  throw new LongattnError(
    'NOT_SCORED',
    `${dir} was made without a model and has no scores to compare. Start a run with --model.`,
  );
}
