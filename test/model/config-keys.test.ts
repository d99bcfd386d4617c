// Every key that a configuration class of transformers reads is known here: asked for, or on the list of those that change nothing.
//
// What is asked for depends on what stands in a config, so the models of test/fixtures are resolved as they are, and with what decides taken
// away.
import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '../../src/model/config-reader.js';
import { knownModelTypes } from '../../src/model/families/index.js';
import { isInert } from '../../src/model/inert-keys.js';
import { describeModelFolder } from '../../src/model/open-model.js';
import { resolveConfig } from '../../src/model/resolve-config.js';

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures');
const { families } = JSON.parse(readFileSync(path.join(FIXTURES, 'config_keys.json'), 'utf8')) as {
  families: Record<string, string[] | null>;
};

/** Keys without which others are asked for; and a switch that lets layers slide. */
const WITHOUT = ['layer_types', 'mlp_layer_types', 'no_rope_layers', 'num_local_experts', 'rope_parameters'];

type Values = Record<string, unknown>;

/** Dotted paths that the models of each family ask for. */
function readKeys(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const name of readdirSync(path.join(FIXTURES, 'models'))) {
    const config = JSON.parse(readFileSync(path.join(FIXTURES, 'models', name, 'config.json'), 'utf8')) as Values;
    const modelType = config['model_type'] as string;
    const reads = found.get(modelType) ?? new Set();
    found.set(modelType, reads);
    const variants = [{}, { use_sliding_window: true, sliding_window: 8, max_window_layers: 0 }].flatMap((more) =>
      [undefined, ...WITHOUT].map((key) => changed(config, key, more)),
    );
    for (const [index, values] of variants.entries()) {
      const resolve = (): unknown => resolveConfig(new ConfigReader(values, name, reads), undefined);
      if (index === 0) resolve();
      // Without what they need some cannot be resolved; what they asked for till then counts.
      else expect(() => void attempt(resolve)).not.toThrow();
    }
  }
  return found;
}

function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error;
  }
}

/** The decoder's part without a key and with others, wherever it stands. */
function changed(config: Values, without: string | undefined, more: Values): Values {
  const change = (values: Values): Values => {
    const { [without ?? '']: _, ...rest } = values;
    return { ...rest, ...more };
  };
  const inner = config['text_config'] as Values | undefined;
  return inner ? { ...config, text_config: change(inner) } : change(config);
}

describe('keys of config.json', () => {
  const reads = readKeys();

  it('are listed for every family', () => {
    expect(Object.keys(families).sort()).toEqual(knownModelTypes().sort());
    // Without a class in transformers, or without a model of its own here: DeepSeek V3 under other names.
    const others = Object.keys(families).filter((family) => !families[family] || !reads.has(family));
    expect(others.sort()).toEqual(['kimi_k2', 'kimi_k25']);
  });

  it.each(Object.keys(families).filter((family) => families[family] && reads.has(family)))(
    'of %s are all known',
    (family) => {
      const unknown = families[family]!.filter(
        (key) => !reads.get(family)!.has(key) && !isInert(family, key.split('.').pop()!),
      );
      expect(unknown).toEqual([]);
    },
  );

  it.each(readdirSync(path.join(FIXTURES, 'models')))('of the class are not called unknown in %s', async (name) => {
    const { architecture, unknownKeys } = await describeModelFolder(path.join(FIXTURES, 'models', name));
    expect(unknownKeys.filter((key) => families[architecture]?.includes(key))).toEqual([]);
  });

  it('that are read are not called inert', () => {
    for (const [family, keys] of reads) {
      // A switch of tied weights inside and outside of a decoder has one name and two meanings.
      const both = [...keys].filter((key) => !key.includes('.') && isInert(family, key));
      expect({ family, both }).toEqual({ family, both: [] });
    }
  });
});
