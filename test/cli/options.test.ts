import { describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { collectOptions } from '../../src/cli/options.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { RUN } from '../../src/options/table.js';
import { parseSpec } from '../../src/options/spec.js';
import { tempFolder } from '../support/temp-folder.js';

function configFile(content: string): string {
  const file = path.join(tempFolder(), 'config.json');
  writeFileSync(file, content);
  return file;
}

describe('collectOptions', () => {
  it('prefers a flag to LONGATTN_*, that to the config file, that to the default', () => {
    const config = configFile(
      JSON.stringify({ window: 1, batch: 2, threads: 3, keep: '20%', input: 'book=a.txt', output: 'RUN' }),
    );
    const environment = {
      LONGATTN_WINDOW: '10',
      LONGATTN_BATCH: '20',
      LONGATTN_MAX_REJECT_RATE: '5%',
      LONGATTN_KEEP: '',
    };
    const options = collectOptions(RUN, { config, window: '100' }, environment);
    expect(parseSpec({ ...(options as unknown as RunOptions), model: 'm' })).toMatchObject({
      ...{ window: 100, batch: 20, threads: 3, keep: 0.2, maxRejectRate: 0.05, workers: 1, output: 'RUN' },
      input: [{ domain: 'book', patterns: ['a.txt'] }],
    });
  });

  it('takes a repeated --input as a list, and refuses any other option that is repeated', () => {
    expect(collectOptions(RUN, { input: ['a=1', 'b=2'] }, {})).toEqual({ input: ['a=1', 'b=2'] });
    expect(() => collectOptions(RUN, { keep: ['1', '2'] }, {})).toThrow('--keep must not be given 2 times');
  });

  it.each(['{', '[]', '"window"', 'null'])('refuses the config file %s, naming it', (content) => {
    const config = configFile(content);
    expect(() => collectOptions(RUN, { config }, {})).toThrow(expect.objectContaining({ code: 'CONFIG_UNREADABLE' }));
  });
});
