// `longattn finish`: what comes after the last worker. It asks the ledger whether all parts are there, because a scheduler only knows
// whether its jobs ended.
import path from 'node:path';
import { counted } from '../base/counted.js';
import { LongattnError } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { FINISH, type FinishOptions } from '../options/cluster-options.js';
import { splitRows } from '../options/parse-rows.js';
import type { RunOptions } from '../options/run-options.js';
import { ledgersOf, loadRun } from '../run/directory.js';
import { partName } from '../run/ledger.js';
import { select, selectAndExport, type RunSummary } from './pipeline.js';

const NAMED = 20;

/**
 * @param options of `select` and `export`, with `output`, and those of `finish`
 * @throws LongattnError INVALID_OPTION, PARTS_MISSING (exit code 5) with the first of them, and what the stages throw
 */
export async function finish(options: RunOptions & FinishOptions, hooks: Hooks = {}): Promise<RunSummary> {
  const [{ then }, raw] = splitRows(FINISH, options);
  await requireAllParts(String(raw.output));
  return then.includes('export') ? selectAndExport(raw, hooks) : select(raw, hooks);
}

async function requireAllParts(dir: string): Promise<void> {
  const run = await loadRun(dir);
  const names = Array.from({ length: run.manifest.parts }, (_, part) => partName(part));
  const missing: string[] = [];
  for (const ledger of ledgersOf(run)) {
    const stage = path.basename(ledger.folder);
    let at = 0;
    for await (const { status } of ledger.inspectAll(names, 'size')) {
      if (status !== 'done') missing.push(`${stage}-${names[at]}`);
      at++;
    }
  }
  if (missing.length === 0) return;
  const failures = await run.failures.list();
  const told = missing.slice(0, NAMED).map((name) => {
    const failed = failures.get(name);
    return failed ? `${name} (${failed.code}: ${failed.message})` : name;
  });
  throw new LongattnError(
    'PARTS_MISSING',
    `${counted(missing.length, 'part')} of ${dir} not done: ${told.join('; ')}${missing.length > NAMED ? '; ...' : ''}. ` +
      'Start workers again (the same command, or `longattn work`): they make these and no others.',
  );
}
