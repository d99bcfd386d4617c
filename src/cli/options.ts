// The options of the CLI as one table: name, environment variable and help text, whatever the command.
//
// Values stay text here: src/options/spec.ts is the only place that parses and defaults. Precedence: flag > LONGATTN_* > --config > default.
import { readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import { LongattnError, show } from '../base/errors.js';
import type { SpecInput } from '../options/spec.js';

type OptionName = keyof SpecInput;
type Group = 'input' | 'window' | 'score' | 'select' | 'export' | 'machine';

interface OptionDef {
  group: Group;
  describe: string;
  /** Shown in the help; the value itself lives in src/options/spec.ts. */
  default?: string;
  kind?: 'flag' | 'list';
}

const OPTIONS: Partial<Record<OptionName, OptionDef>> = {
  input: {
    group: 'input',
    kind: 'list',
    describe: 'DOMAIN=PATH: a file, folder or glob of text or rows (docs/corpus.md lists the formats); repeatable',
  },
  textField: { group: 'input', describe: 'column of the text', default: 'text, else content' },
  idField: { group: 'input', describe: 'column of the document id', default: 'id, else data_id, else FILE:LINE' },
  idsField: { group: 'input', describe: 'column of ready token ids: nothing is tokenised' },
  domainField: { group: 'input', describe: 'column of the domain, for inputs given without DOMAIN=' },
  limit: { group: 'input', describe: 'read at most this many documents a domain', default: 'all' },
  maxRejectRate: { group: 'input', describe: 'share of refused rows above which the run fails', default: '1%' },
  model: {
    group: 'window',
    describe: 'folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch)',
  },
  window: { group: 'window', describe: 'tokens a window', default: '32768' },
  layer: {
    group: 'score',
    describe: 'layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE)',
    default: '0',
  },
  k: { group: 'score', describe: 'minimum distance in tokens, "quarter" or "authors"', default: 'quarter' },
  ropeTheta: { group: 'score', describe: "RoPE base instead of the model's own" },
  tokens: { group: 'score', kind: 'flag', describe: 'store the far mass of each token', default: 'false' },
  losses: {
    group: 'score',
    kind: 'flag',
    describe: 'store the losses that the score nll-gain needs: two more passes, through the whole model',
    default: 'false',
  },
  dtype: {
    group: 'score',
    describe: 'what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored)',
    default: 'float32',
  },
  score: {
    group: 'select',
    describe: 'score to rank by, or blend:A+0.5*B of scores (docs/scores.md)',
    default: 'longattn',
  },
  alpha: { group: 'select', describe: 'weight of Std(DU) in LDS', default: '0.5' },
  std: { group: 'select', describe: 'how a domain is standardised: zscore or minmax', default: 'zscore' },
  selectK: { group: 'select', describe: 'another minimum distance: any stored bin edge floor(j*L/32)', default: '--k' },
  selectLayer: { group: 'select', describe: 'which of the scored layers to rank by', default: 'the lowest' },
  heads: {
    group: 'select',
    describe: 'heads to average over: all, a list such as 3,7, or auto (--config CHOICE)',
    default: 'all',
  },
  keep: { group: 'select', describe: 'share of the windows of a domain to keep', default: '12.5%' },
  keepTokens: { group: 'select', describe: 'token budget a domain (in all with --quota), such as 1.5B' },
  quota: { group: 'select', describe: 'shares of --keep-tokens by domain: book=60%,code=40%' },
  maxOverlap: { group: 'select', describe: 'largest share of a window that a better one may cover', default: '1' },
  maxPerDocument: { group: 'select', describe: 'most windows to keep of one document', default: 'all' },
  temperature: {
    group: 'select',
    describe: 'draw windows by softmax(score / T) instead of a hard cut; T in standard deviations',
    default: '0',
  },
  seed: { group: 'select', describe: 'of --temperature and of the score random', default: '1' },
  report: {
    group: 'select',
    kind: 'flag',
    describe: 'say what the selection removes: by length, source and kind of text (selection/removal.json)',
    default: 'false',
  },
  format: { group: 'export', describe: 'hf (datasets folder), arrow or jsonl', default: 'hf' },
  threads: { group: 'machine', describe: 'threads of the kernel, 0 for all cores', default: '0' },
  workers: { group: 'machine', describe: 'parts at work at once', default: '1' },
  batch: { group: 'machine', describe: 'windows a call of the addon, of each device', default: '4' },
  memory: { group: 'machine', describe: 'bytes for the table of projected tokens', default: '1GiB' },
  device: {
    group: 'machine',
    describe: 'where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all',
    default: 'cpu',
  },
  shard: { group: 'machine', describe: 'i/n: do only the parts p with p mod n = i-1' },
};

const GROUP_TITLES: Record<Group, string> = {
  input: 'Input:',
  window: 'Windows:',
  score: 'Scores:',
  select: 'Selection:',
  export: 'Export:',
  machine: 'Machine (changes no result; a device the last digits):',
};

/** Names of the options of some groups, with their flags. */
export function flagsOfGroups(groups: Group[]): Record<string, string> {
  const rows = Object.entries(OPTIONS).filter(([, { group }]) => groups.includes(group));
  return Object.fromEntries(rows.map(([name]) => [name, kebab(name)]));
}

/** Add the options of some groups, and what every command that works on a run has. */
export function withOptions<T>(yargs: Argv<T>, groups: Group[]): Argv<T> {
  for (const [name, def] of Object.entries(OPTIONS)) {
    if (!groups.includes(def.group)) continue;
    yargs.option(kebab(name), {
      describe: def.describe,
      group: GROUP_TITLES[def.group],
      ...(def.kind === 'flag' ? { type: 'boolean' as const } : { type: 'string' as const, requiresArg: true }),
      ...(def.kind === 'list' ? { array: true, nargs: 1 } : {}),
      ...(def.default ? { defaultDescription: def.default } : {}),
    });
  }
  return yargs.option('config', {
    type: 'string',
    requiresArg: true,
    describe: 'JSON file with options by their long names, such as the choice.json of longattn validate',
  });
}

/**
 * Merge flags, environment and config file into what src/options/spec.ts takes.
 * @throws LongattnError INVALID_OPTION when an option that is no list is repeated, CONFIG_UNREADABLE for a bad config file
 */
export function collectOptions(argv: Readonly<Record<string, unknown>>, environment = process.env): SpecInput {
  const config = typeof argv['config'] === 'string' ? readConfig(argv['config']) : {};
  const raw: SpecInput = { ...config };
  for (const [name, def] of Object.entries(OPTIONS) as [OptionName, OptionDef][]) {
    const variable = `LONGATTN_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
    const flag = argv[kebab(name)] ?? argv[name];
    if (Array.isArray(flag) && def.kind !== 'list') {
      throw repeated(kebab(name), flag.length);
    }
    const value = flag ?? environment[variable];
    if (value !== undefined && value !== '') raw[name] = value;
  }
  // Not in the table: some commands have an --output of another kind.
  const output = argv['output'] ?? (environment['LONGATTN_OUTPUT'] || undefined);
  if (Array.isArray(output)) throw repeated('output', output.length);
  if (output !== undefined) raw.output = output;
  return raw;
}

function readConfig(file: string): SpecInput {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new LongattnError(
      'CONFIG_UNREADABLE',
      'usage',
      `--config ${show(file)} cannot be read as JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new LongattnError(
      'CONFIG_UNREADABLE',
      'usage',
      `--config ${show(file)} must hold a JSON object such as {"window": 4096}.`,
    );
  }
  return parsed;
}

function repeated(name: string, times: number): LongattnError {
  return new LongattnError('INVALID_OPTION', 'usage', `--${name} must not be given ${times} times. Give it once.`);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
