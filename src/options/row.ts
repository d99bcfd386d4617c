// What an option is: one row of a table, from which everything else that is said of it is derived.
//
// A default is written as a user would write it ('1GiB', '12.5%') and parsed like any other value, so that it stands once, for the
// code, the help and docs/options.md alike.
import type { z } from 'zod';

/** Whose bytes an option decides. `none`: nobody's; where, how and whether work is done. */
export type Stage =
  'windows' | 'scores' | 'selection' | 'removal' | 'export' | 'evidence' | 'attention' | 'model' | 'none';

/** Heading in the help and in docs/options.md. */
export const GROUPS = {
  place: 'Place:',
  input: 'Input:',
  model: 'Model:',
  window: 'Windows:',
  score: 'Scores:',
  select: 'Selection:',
  export: 'Export:',
  evidence: 'Evidence:',
  attention: 'What to look at:',
  verify: 'Comparison:',
  page: 'Page:',
  cluster: 'Workers and jobs:',
  machine: 'Machine (changes no result; a device the last digits):',
} as const;

export type Group = keyof typeof GROUPS;

export interface OptionRow<T = unknown> {
  stage: Stage;
  group: Group;
  /** Checks a value, as text or typed. */
  type: z.ZodType<T>;
  /** What is allowed, to follow "It must be". */
  allowed: string;
  /** One line of the help. */
  help: string;
  /** As a user would write it. */
  default?: string;
  /** In the help: what holds where the option is not given, for one without a default or with one that cannot be seen. */
  absent?: string | undefined;
  /** Where nothing is given there is no going on. */
  required?: true | undefined;
  /** On the command line: without a value, repeatable, or with a value that may be left out. Else with one value. */
  kind?: 'flag' | 'list' | 'optional';
  /** One letter. */
  alias?: string;
  /** The name in run.json and in the settings of its stage, where it is another. */
  storedAs?: string;
  /**
   * Of windows and scores: kept in run.json at its default too. Only the first options are; a later one is left out there, so that
   * the runs from before it stay what they are.
   */
  storedAtDefault?: true;
  /** Names of earlier versions: they work for one more, with a warning. */
  formerly?: readonly string[];
  /** False: has no LONGATTN_* variable, because another command means something else by the name. */
  variable?: false;
}

/** A row for each option of a record of options. Names that begin with "_" are notes. */
export type RowsOf<Options> = {
  readonly [K in Exclude<keyof Options, `_${string}`>]-?: OptionRow<Exclude<Options[K], undefined>>;
};

export type Rows = Readonly<Record<string, OptionRow>>;

type Present<Row> = Row extends { default: string } | { required: true } ? true : false;

/** What a table makes of options: those with a default are always there. */
export type Parsed<R extends Rows> = {
  -readonly [K in keyof R as Present<R[K]> extends true ? K : never]: z.output<R[K]['type']>;
} & {
  -readonly [K in keyof R as Present<R[K]> extends true ? never : K]?: z.output<R[K]['type']> | undefined;
};

/** Options as they come: from a command line, a file, or a script without types. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** `maxOverlap` is `--max-overlap` on a command line. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** And `LONGATTN_MAX_OVERLAP` in the environment. */
export function variableOf(name: string): string {
  return `LONGATTN_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}
