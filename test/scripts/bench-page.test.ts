// The figures of several machines on one page: each run writes its own, under the processor's family and model, and keeps the others'.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { putBlocks, withBlock } from '../../scripts/lib/machine-blocks.mjs';
import { describeProcessor } from '../../scripts/lib/processor.mjs';
import { root } from '../support/cli.js';

const page = (blocks: string) => `# Page\n\n${blocks}\n\n## Next\n`;

describe('tables of several machines', () => {
  const one = withBlock('', 'one', 'table $1');
  const both = withBlock(page(one), 'two', 'table 2');

  it('adds the table of a new machine after the others', () => {
    expect(putBlocks(page(one), both)).toBe(
      page(
        '<!-- bench:layers one -->\ntable $1\n<!-- /bench:layers -->\n\n' +
          '<!-- bench:layers two -->\ntable 2\n<!-- /bench:layers -->',
      ),
    );
  });

  it('replaces that of a known machine where it stands', () => {
    const text = putBlocks(page(both), withBlock(page(both), 'one', 'again'));
    expect(text).toBe(page(both.replace('table $1', () => 'again')));
  });

  it('finds its place on the page of the project', () => {
    const text = readFileSync(path.join(root, 'docs', 'performance.md'), 'utf8');
    expect(putBlocks(text, 'here')).toMatch(/## Layers above the first\n[^#]*\n\nhere\n\n## Text to scores/);
    expect(() => putBlocks('# Another', 'here')).toThrow('has no <!-- bench:layers');
  });
});

describe('the processor', () => {
  it('is named with family and model, which its name often lacks', () => {
    const cpuinfo =
      'processor\t: 0\ncpu family\t: 6\nmodel\t\t: 207\nmodel name\t: Intel(R) Xeon(R) Processor\n\nprocessor\t: 1\n';
    expect(describeProcessor(cpuinfo)).toBe('Intel(R) Xeon(R) Processor, family 6 model 207');
    const flags = cpuinfo.replace('\n\n', '\nflags\t\t: fpu avx512f amx_bf16 amx_tile\n\n');
    expect(describeProcessor(flags)).toBe('Intel(R) Xeon(R) Processor, family 6 model 207, AMX');
    expect(describeProcessor('CPU implementer\t: 0x41\n')).toBeUndefined();
  });
});
