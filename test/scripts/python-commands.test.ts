// The functions of the Python package say what the commands and the tables of options say (of dist, as every test of the command line).
import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { root } from '../support/cli.js';

it('is what node scripts/python-commands.mjs writes today', () => {
  const check = spawnSync(process.execPath, ['scripts/python-commands.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status: check.status, stderr: check.stderr }).toEqual({ status: 0, stderr: '' });
});
