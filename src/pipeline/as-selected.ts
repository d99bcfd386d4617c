// The choice that lies in a run, as options: an export is of it, unless the choice is said again. Without this, windows that were chosen by
// `longattn select --keep 50%` would be exported by the defaults.
import { SELECTION_COLUMNS } from '../arrow/schema.js';
import { ArrowFile } from '../arrow/file.js';
import { resolveDistance, type DistanceRule } from '../base/distance.js';
import { ifExists } from '../io/file-system.js';
import { currentNames } from '../options/parse-rows.js';
import type { RunOptions } from '../options/run-options.js';
import { rowsOf } from '../options/stage-rows.js';
import { RUN } from '../options/table.js';
import { findRun } from '../run/directory.js';
import { selectionFile } from '../selection/select-windows.js';

type Stored = Record<string, unknown> & { certificate?: string };

/** @returns `raw`, with the options that the selection was made with where none of a selection is given and there is one */
export async function asSelected(raw: RunOptions): Promise<RunOptions> {
  const given = currentNames(RUN, { ...raw });
  const own = rowsOf('selection');
  const { output, name } = raw;
  if (typeof output !== 'string' || raw._found !== undefined || own.some(([option]) => given[option] !== undefined))
    return raw;
  const run = output === '' ? undefined : await findRun(output);
  if (!run || (name !== undefined && !/^[\w-]+$/.test(name))) return raw;
  const file = selectionFile(run.dir, name);
  if (!(await ifExists(run.windows.fs.stat(file)))) return raw;
  await using opened = await ArrowFile.open(file, SELECTION_COLUMNS, run.windows.fs);
  const stored = JSON.parse(opened.metadata.get('selection') ?? '{}') as Stored;
  const options = Object.fromEntries(own.map(([option, row]) => [option, stored[row.storedAs ?? option]]));
  // The k that was scored is the default, and has columns of its own.
  const { k: rule, window } = run.manifest.spec;
  const scored = rule === undefined ? undefined : resolveDistance(rule as DistanceRule, Number(window));
  if (options['selectK'] === scored) delete options['selectK'];
  // Left out where no guard stood, whatever the score.
  options['maxRepeats'] ??= 1;
  return { ...raw, ...options, ...certified(stored) };
}

/** Of a choice by a validation: its sum stays in the files, its page is with the choice alone. */
function certified({ certificate: sha256, score }: Stored): { _found?: object } {
  if (sha256 === undefined) return {};
  const page = `## Certificate of the choice\n\nThe windows were chosen by a validation. sha256 of its certificate: ${sha256}\n`;
  return {
    _found: { model: { path: '', revision: '' }, chosen: { score }, certificate: { sha256, tells: true, page } },
  };
}
