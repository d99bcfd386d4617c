import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { extractModel } from '../../src/model-tools/extract-model.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { Scorer } from '../../src/native/scorer.js';
import { workbench } from '../hub/setup.js';
import { demoModel } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

const bench = workbench();
const LENGTH = 96;

async function scores(folder: string) {
  const { specText, revision } = await openModelFolder(folder);
  await using scorer = await Scorer.open(specText, { threads: 1 });
  const stats = await scorer.score({
    ids: Int32Array.from({ length: LENGTH }, (_, index) => (index * 7919) % 49_152),
    lengths: Int32Array.of(LENGTH),
    k: Int32Array.of(LENGTH / 4),
    layers: Int32Array.of(0),
    tokens: false,
  });
  return { revision, stats };
}

describe('a real model', () => {
  it('scores the same bits as a folder, as an extract, and from the Hub', async () => {
    const whole = await scores(demoModel);
    const extract = await extractModel(demoModel, { output: path.join(tempFolder(), 'small') });
    expect(await scores(extract.folder)).toEqual(whole);

    const files = readdirSync(demoModel).map((name) => [name, readFileSync(path.join(demoModel, name))] as const);
    bench.hub.add('org/name', Object.fromEntries(files));
    const { folder } = await bench.resolve('org/name');
    expect(await scores(folder)).toEqual(whole);
    expect(whole.stats).toHaveLength(1);
  });
});
