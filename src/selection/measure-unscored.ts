// The windows of a run that has no scores, for a ranking by counts alone: ids and domains from counts/, DS and DU not a number.
import { DEFAULT_DISTANCE, resolveDistance, type DistanceRule } from '../base/distance.js';
import { LongattnError } from '../base/errors.js';
import { partName } from '../run/ledger.js';
import type { Run } from '../run/directory.js';
import { ArrowFile } from '../arrow/file.js';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import type { AttentionTerm, Measured } from './measured.js';
import { readCounts } from './read-counts.js';
import type { SelectionOptions } from './selection-options.js';

/**
 * @param attention scores that were asked for: there must be none
 * @param k minimum distance, tokens; default the rule of the run
 * @throws LongattnError NOT_SCORED; PART_MISSING and PART_CHANGED of the windows
 */
export async function measureUnscored(
  run: Run,
  attention: readonly AttentionTerm[],
  k: number | undefined,
  options: SelectionOptions,
): Promise<Measured> {
  if (attention.length > 0) {
    throw new LongattnError(
      'NOT_SCORED',
      `score must not be ${attention[0]!.score.name} here: ${run.dir} was made without a model and has no attention statistics. ` +
        'Choose a count such as last-recurrence-2, or start a run with --model.',
    );
  }
  const metadata = await windowsMetadata(run);
  const window = Number(metadata['window']);
  const { table } = await readCounts({ windows: run.windows, parts: run.manifest.parts, window, ...options }, []);
  const ds = new Float64Array(table.length).fill(NaN);
  return { table, ds, du: ds, components: [], layer: undefined, k: k ?? ruleOf(run, window), metadata };
}

/** As the run was started with it. */
function ruleOf({ manifest }: Run, window: number): number {
  return resolveDistance((manifest.spec['k'] ?? DEFAULT_DISTANCE) as DistanceRule, window);
}

async function windowsMetadata({ windows }: Run): Promise<Record<string, string>> {
  await windows.require(partName(0), 'size');
  await using file = await ArrowFile.open(windows.file(partName(0)), WINDOW_COLUMNS, windows.fs);
  return Object.fromEntries(file.metadata);
}
