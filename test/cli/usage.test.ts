// How the command line is used wrongly, and what that is told: exit 2, a sentence, JSON where it is asked for. And what --help costs.
import { describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cli } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

describe('a wrong use', () => {
  it.each([
    [['verify', 'RUN', '--golden', 'a', '--golden', 'b'], 'INVALID_OPTION', '--golden must not be given 2 times'],
    [['verify', 'RUN', '--golden', 'a', '--rtol', 'low'], 'INVALID_OPTION', 'rtol must not be "low"'],
    [['verify', 'RUN'], 'MISSING_OPTION', 'golden is missing'],
    [['select', 'RUN', '-o', 'OTHER'], 'INVALID_OPTION', 'must not be given twice'],
    [['select', 'RUN', '--layer', '0', '--layers', '1'], 'INVALID_OPTION', 'layers and its old name layer'],
    [['validate', 'CHECK', '-o', 'OTHER'], 'INVALID_OPTION', 'must not be given twice'],
    [['plan', 'RUN', '--rate', 'fast'], 'INVALID_OPTION', 'rate must not be "fast"'],
    [['work', 'RUN', '--start', '3of8'], 'INVALID_OPTION', 'start must not be "3of8"'],
    [['work', 'RUN', '--time-limit', 'soon'], 'INVALID_OPTION', 'timeLimit must not be "soon"'],
    [['finish', 'RUN', '--then', 'rest'], 'INVALID_OPTION', 'then must not be "rest"'],
    [['slurm', 'RUN'], 'MISSING_OPTION', 'workers is missing'],
    [['slurm', 'RUN', '--workers', '0'], 'INVALID_OPTION', 'workers must not be "0"'],
    [['slurm', 'RUN', '--workers', '8', '--shard', '1/8'], 'USAGE', 'shard'],
    [['kubernetes', 'RUN', '--workers', '8', '--image', 'x'], 'MISSING_OPTION', 'claim is missing'],
    [['rnu'], 'USAGE', 'longattn has no command "rnu". Did you mean run? See longattn --help.'],
    [['frobnicate', 'RUN'], 'USAGE', 'longattn has no command "frobnicate". See longattn --help.'],
    [['model', 'fethc'], 'USAGE', 'longattn model has no command "fethc". Did you mean fetch?'],
    [
      ['select', 'RUN', '--keep-token', '3'],
      'USAGE',
      'longattn select has no option --keep-token. Did you mean --keep-tokens? See longattn select --help.',
    ],
    [
      ['select', 'RUN', '--max-per-doc=2', '-q'],
      'USAGE',
      'Did you mean --max-per-document? longattn select has no option -q.',
    ],
    [['select', 'RUN', 'OTHER'], 'USAGE', '"OTHER" is one word too many: longattn select [run].'],
    [['select', 'RUN', '--keep-tokens'], 'USAGE', '--keep-tokens needs a value.'],
    [
      ['select', 'RUN', '--log-format', 'xml'],
      'USAGE',
      '--log-format must not be "xml". It must be one of text, json.',
    ],
    [['show', 'RUN'], 'USAGE', 'window is missing: longattn show <run> <window>.'],
    [['select', 'NO-RUN'], 'MISSING_OPTION', 'input is missing, and NO-RUN has no run to go on with'],
  ])('%j ends with 2 and no stack', async (args, code, message) => {
    const result = await cli(args);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 2, stdout: '' });
    expect(result.stderr).toContain(`[${code}]`);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/^fault|\n {4}at /m);
  });

  it.each([[['--log-format', 'json']], [['--log-format=json']]])('is JSON on stderr with %j', async (format) => {
    const { code, stderr } = await cli(['score', '--windw', '3', ...format]);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({
      type: 'error',
      code: 'USAGE',
      kind: 'usage',
      message: expect.stringContaining('windw'),
    });
  });
});

describe('--help', () => {
  it.each([
    [[]],
    [['run']],
    [['validate']],
    [['plan']],
    [['slurm']],
    [['kubernetes']],
    [['verify']],
    [['attention']],
    [['model', 'inspect']],
  ])('of %j loads neither Arrow nor a stage', async (command) => {
    const folder = tempFolder();
    const hooks = path.join(folder, 'hooks.mjs');
    writeFileSync(
      hooks,
      'export const load = (url, context, next) => (process._rawDebug(`LOADED ${url}`), next(url, context));',
    );
    const register = path.join(folder, 'register.mjs');
    const url = JSON.stringify(pathToFileURL(hooks).href);
    writeFileSync(register, `import { register } from 'node:module'; register(${url});`);
    const environment = { NODE_OPTIONS: `--import=${pathToFileURL(register).href}` };
    const { code, stdout, stderr } = await cli([...command, '--help'], environment);
    expect(code).toBe(0);
    expect(stdout).toContain('--log-format');
    expect(stderr).toContain('/dist/cli/main.js');
    const heavy = stderr
      .split('\n')
      .filter((line) =>
        /apache-arrow|hyparquet|tokenizers|undici|dist\/(pipeline|evidence|attention|verify)\//.test(line),
      );
    expect(heavy).toEqual([]);
  });
});
