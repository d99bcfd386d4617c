// The run directory as the argument of a command, beside the options of a run; and options that are handed on to a script.
import type { Argv } from 'yargs';
import { LongattnError } from '../base/errors.js';
import type { Group, Rows } from '../options/row.js';
import type { RunOptions } from '../options/run-options.js';
import { RUN } from '../options/table.js';
import { addOptions, collectOptions, flagsOfGroups, once } from './options.js';

type Args = Readonly<Record<string, unknown>>;

/** Options of a run that a script of workers hands on: the others mean something else there. */
const { workers: _workers, shard: _shard, ...HANDED_ON } = RUN;

/** RUN, options of a run, and those of the command itself. A scheduler says how many workers there are, and which one each is. */
export function withRunOptions(yargs: Argv, groups: readonly Group[], own: Rows, bySchedule = false): Argv {
  const run = yargs.positional('run', { type: 'string', describe: 'the run directory' });
  return addOptions(addOptions(run, bySchedule ? HANDED_ON : RUN, groups), own);
}

/** Options of a run, whose directory is RUN or `-o RUN`. */
export function runOptions(argv: Args): RunOptions {
  return collectOptions(RUN, withOutput(argv)) as unknown as RunOptions;
}

/**
 * RUN stands for `-o RUN`.
 * @throws LongattnError INVALID_OPTION where both are given
 */
export function withOutput(argv: Args): Args {
  const run = once(argv, 'run');
  const output = once(argv, 'output');
  if (run === undefined) return argv;
  if (output === undefined) return { ...argv, output: run };
  throw new LongattnError(
    'INVALID_OPTION',
    `The folder must not be given twice, as ${run} and --output ${output}. Give one of them.`,
  );
}

/** The options of a command that starts workers. In a file of options `workers` are those of a run on one machine, so it does not count. */
export function schedulerOptions(rows: Rows, argv: Args): Record<string, unknown> {
  const { workers, ...others } = rows;
  return { ...collectOptions(others, argv), ...collectOptions({ workers: workers! }, { ...argv, config: undefined }) };
}

/** The flags of a worker that were given, for its script. */
export function workerOptions(argv: Args): string[][] {
  const flags = Object.values(flagsOfGroups(HANDED_ON, ['machine']));
  return flags.flatMap((flag) => (typeof argv[flag] === 'string' ? [[`--${flag}`, argv[flag]]] : []));
}

/** The options of select and export, wherever they were given: they are frozen beside the script. */
export function finishOptions(argv: Args): object {
  const names = new Set(Object.keys(flagsOfGroups(RUN, ['select', 'export'])));
  return Object.fromEntries(Object.entries(collectOptions(RUN, argv)).filter(([name]) => names.has(name)));
}
