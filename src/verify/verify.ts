// The comparison of a run with a golden file, for Node scripts: a run is named by its path.
import { parseRows } from '../options/parse-rows.js';
import { VERIFY, type VerifyOptions } from '../options/verify-options.js';
import { loadRun } from '../run/directory.js';
import { verifyScores, writeGolden as writeGoldenOf, type VerifyResult } from './verify-scores.js';

/**
 * Compare the scores of a run with a golden file, head by head.
 * @param run the run directory
 * @throws LongattnError INVALID_OPTION, RUN_MISSING, GOLDEN_MISSING, GOLDEN_TWICE, ARROW_INVALID, ARROW_SCHEMA, PART_MISSING, PART_CHANGED; or the
 *   signal's reason
 */
export async function verify(
  run: string,
  options: VerifyOptions,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<VerifyResult> {
  const { golden, rtol } = parseRows(VERIFY, { ...options });
  return verifyScores(await loadRun(run), { golden, rtol, ...(signal && { signal }) });
}

/**
 * Write the scores of a run as a golden file. Two runs of the same windows give the same bytes, whatever their parts.
 * @param run the run directory
 * @returns the number of rows
 * @throws LongattnError RUN_MISSING, PART_MISSING, PART_CHANGED, NO_WINDOWS, and those of the disk
 */
export async function writeGolden(run: string, golden: string): Promise<number> {
  return writeGoldenOf(await loadRun(run), golden);
}
