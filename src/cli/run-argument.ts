// The run directory as the argument of a command, beside the options of a run; and options that are handed on to a script.
import type { Argv } from 'yargs';
import type { SpecInput } from '../options/spec.js';
import { collectOptions, flagsOfGroups, withOptions } from './options.js';

type Groups = Parameters<typeof withOptions>[1];
type Args = Readonly<Record<string, unknown>>;

export function withRunOptions(yargs: Argv, groups: Groups): Argv {
  return withOptions(yargs.positional('run', { type: 'string', describe: 'the run directory' }), groups);
}

/** Options of a run with RUN as its `output`. */
export function runOptions(argv: Args): SpecInput {
  return { ...collectOptions(argv), output: argv['run'] };
}

/** The flags of a worker that were given, for its script. Not `--workers` and `--shard`, which mean something else there. */
export function workerOptions(argv: Args): string[][] {
  const names = Object.entries(flagsOfGroups(['machine'])).filter(([name]) => !['workers', 'shard'].includes(name));
  return names.flatMap(([, flag]) => (typeof argv[flag] === 'string' ? [[`--${flag}`, argv[flag]]] : []));
}

/** The options of select and export, wherever they were given: they are frozen beside the script. */
export function finishOptions(argv: Args): object {
  const names = new Set(Object.keys(flagsOfGroups(['select', 'export'])));
  return Object.fromEntries(Object.entries(collectOptions(argv)).filter(([name]) => names.has(name)));
}
