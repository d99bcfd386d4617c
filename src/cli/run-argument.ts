// The run directory as the argument of a command, beside the options of a run; and options that are handed on to a script.
import type { Argv } from 'yargs';
import type { Group } from '../options/row.js';
import type { RunOptions } from '../options/run-options.js';
import { RUN } from '../options/table.js';
import { addOptions, collectOptions, flagsOfGroups } from './options.js';

type Args = Readonly<Record<string, unknown>>;

export function withRunOptions(yargs: Argv, groups: readonly Group[]): Argv {
  return addOptions(yargs.positional('run', { type: 'string', describe: 'the run directory' }), RUN, groups);
}

/** Options of a run with RUN as its `output`. */
export function runOptions(argv: Args): RunOptions {
  return collectOptions(RUN, { ...argv, output: argv['run'] }) as unknown as RunOptions;
}

/** The flags of a worker that were given, for its script. Not `--workers` and `--shard`, which mean something else there. */
export function workerOptions(argv: Args): string[][] {
  const names = Object.entries(flagsOfGroups(RUN, ['machine'])).filter(
    ([name]) => !['workers', 'shard'].includes(name),
  );
  return names.flatMap(([, flag]) => (typeof argv[flag] === 'string' ? [[`--${flag}`, argv[flag]]] : []));
}

/** The options of select and export, wherever they were given: they are frozen beside the script. */
export function finishOptions(argv: Args): object {
  const names = new Set(Object.keys(flagsOfGroups(RUN, ['select', 'export'])));
  return Object.fromEntries(Object.entries(collectOptions(RUN, argv)).filter(([name]) => names.has(name)));
}
