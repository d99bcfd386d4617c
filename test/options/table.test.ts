// What holds for every row of every table.
import { describe, expect, it } from '@jest/globals';
import { COMMAND_OPTIONS } from '../../src/options/commands.js';
import { flagOf, variableOf } from '../../src/options/row.js';
import { parseSpec, type Spec } from '../../src/options/spec.js';
import { fromStored, stageOptions, storedOptions } from '../../src/options/stage-options.js';
import { RUN } from '../../src/options/table.js';

const rows = Object.entries(COMMAND_OPTIONS).flatMap(([command, table]) =>
  Object.entries(table).map(([name, row]) => ({ command, name, row })),
);
const minimal = { input: 'book=a.txt', model: 'm', output: 'RUN' };

describe('a row', () => {
  it.each(rows)('of $command: $name has a default that it allows itself', ({ row }) => {
    if (row.default !== undefined) expect(row.type.safeParse(row.default)).toMatchObject({ success: true });
    // Two line feeds, say, are told in words.
    const shown = row.default !== undefined && row.default.trim() !== '';
    expect(shown && row.absent !== undefined).toBe(false);
  });

  it('is an option whose name no other option had', () => {
    for (const table of Object.values(COMMAND_OPTIONS)) {
      const names = Object.entries(table).flatMap(([name, { formerly = [] }]) => [name, ...formerly]);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('has one flag and one variable', () => {
    expect(flagOf('maxPerDocument')).toBe('max-per-document');
    expect(variableOf('maxPerDocument')).toBe('LONGATTN_MAX_PER_DOCUMENT');
  });
});

describe('the options of a stage', () => {
  const spec = parseSpec(minimal);

  it('are those that stood in the first runs', () => {
    expect(Object.keys(storedOptions('windows', spec))).toEqual(['input', 'window']);
    expect(storedOptions('scores', spec)).toEqual({ model: 'm', layer: [0], k: 'quarter', tokens: false });
  });

  it('leave out a later option at its default, however it was given, and keep it at any other value', () => {
    expect(storedOptions('scores', parseSpec({ ...minimal, losses: 'false', dtype: 'float32' }))).toEqual(
      storedOptions('scores', spec),
    );
    expect(storedOptions('scores', parseSpec({ ...minimal, losses: true }))).toMatchObject({ losses: true });
  });

  it('come back from run.json as options', () => {
    const given = { ...minimal, layers: '0,3', k: 'authors', limit: 7, dtype: 'weights' } as const;
    const first = parseSpec(given);
    const stored = { ...storedOptions('windows', first), ...storedOptions('scores', first), tokenizer: null };
    expect(parseSpec({ ...minimal, ...fromStored(stored) })).toEqual(first);
  });

  it('belong to one stage each: a row that decides bytes is in a list, the others in none', () => {
    const full = Object.fromEntries(Object.keys(RUN).map((name) => [name, name])) as unknown as Spec;
    const all = { ...full, kRule: 'k' } as unknown as Spec;
    const count = (object: object): number => Object.keys(object).length;
    const of = (...stages: string[]): number => Object.values(RUN).filter(({ stage }) => stages.includes(stage)).length;
    expect(count(storedOptions('windows', all))).toBe(of('windows'));
    expect(count(storedOptions('scores', all))).toBe(of('scores'));
    expect(count(stageOptions('selection', all))).toBe(of('selection'));
  });
});
