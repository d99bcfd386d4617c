// docs/options.md says what the tables say.
import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { optionsPage } from '../../scripts/lib/options-page.mjs';
import { COMMAND_OPTIONS } from '../../src/options/commands.js';
import { flagOf, GROUPS, variableOf } from '../../src/options/row.js';
import { root } from '../support/cli.js';

const page = readFileSync(path.join(root, 'docs', 'options.md'), 'utf8');

it('has no row that a default breaks', () => {
  expect(page.split('\n').filter((line) => line.startsWith('|') && !line.endsWith('|'))).toEqual([]);
});

it('is what node scripts/options-page.mjs writes today', () => {
  expect(page).toBe(optionsPage({ COMMAND_OPTIONS, GROUPS, flagOf, variableOf }));
});
