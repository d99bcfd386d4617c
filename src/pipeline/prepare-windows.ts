// An open run with all its windows: what an evaluation of a model on a corpus starts from, whose scores are then computed.
import type { Hooks } from '../base/events.js';
import type { RunOptions } from '../options/run-options.js';
import { prepare, type Prepared } from './prepare.js';
import { windowsStage } from './windows-stage.js';

/**
 * @param check called with the open run before the windows are cut, which may take long
 * @throws what `prepare`, `check` and the windows stage throw
 */
export async function prepareWindows(
  options: RunOptions,
  hooks: Hooks,
  check: (prepared: Prepared) => void,
): Promise<Prepared> {
  const prepared = await prepare(options, hooks, { scores: true });
  check(prepared);
  await windowsStage(prepared, hooks);
  return prepared;
}
