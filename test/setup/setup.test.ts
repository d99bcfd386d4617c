// `longattn setup` as far as it goes without compiling: a prebuilt half is this clone's own, packed as a release would. What compiling takes is
// left off the PATH. scripts/check-packages.mjs --setup compiles, from the tarballs.
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { version } from '../../src/base/version.js';
import { PLATFORM_PACKAGE } from '../../src/native/addon-paths.js';
import { setup } from '../../src/setup/setup.js';
import { cli, root } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

/** What this clone was built with. */
const LIBTORCH = /^LONGATTN_LIBTORCH:PATH=(.+)$/m.exec(
  readFileSync(path.join(root, 'build', 'CMakeCache.txt'), 'utf8'),
)![1]!;
const MINOR = /TORCH_VERSION_MINOR (\d+)/.exec(
  readFileSync(path.join(LIBTORCH, 'include', 'torch', 'headeronly', 'version.h'), 'utf8'),
)![1]!;
const HALF = 'longattn-torch.node';

/** A PATH with Node, npm and Python, and no compiler. */
function bareBin(folder: string): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const find = (name: string): string =>
    spawnSync(
      'python3',
      ['-c', `import shutil, sys; print(${name === 'python3' ? 'sys.executable' : `shutil.which("${name}")`})`],
      {
        encoding: 'utf8',
      },
    ).stdout.trim();
  symlinkSync(process.execPath, path.join(bin, 'node'));
  for (const name of ['python3', 'npm', 'sh']) symlinkSync(find(name), path.join(bin, name));
  return bin;
}

/** A folder for --from with a prebuilt half of `content`, or of this clone's. */
function prebuiltIn(folder: string, content?: string): string {
  const name = `${PLATFORM_PACKAGE}-torch-2.${MINOR}`;
  const [stage, from] = [path.join(folder, 'package'), path.join(folder, 'from')];
  mkdirSync(stage);
  mkdirSync(from);
  if (content === undefined) copyFileSync(path.join(root, 'build', 'Release', HALF), path.join(stage, HALF));
  else writeFileSync(path.join(stage, HALF), content);
  writeFileSync(path.join(stage, 'package.json'), JSON.stringify({ name, version }));
  const { status, stderr } = spawnSync('npm', ['pack', stage, `--pack-destination=${from}`], { encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return from;
}

/** As an installed package has it: no half of a clone, a cache of its own. */
function surroundings(folder: string): NodeJS.ProcessEnv {
  return {
    ...{ PATH: bareBin(folder), LONGATTN_CACHE: path.join(folder, 'cache'), LONGATTN_LIBTORCH: LIBTORCH },
    LONGATTN_TORCH_ADDON: path.join(folder, 'none.node'),
  };
}

describe('longattn setup', () => {
  it('leaves a clone that has its half as it is', async () => {
    expect(await setup()).toEqual({ addon: path.join(root, 'build', 'Release', HALF), how: 'there' });
  });

  it('refuses a wrong option', async () => {
    const wrong = setup({ cuda: 'maybe' as 'true' });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('maybe') });
    const { code, stderr } = await cli(['setup', '--from=']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('[INVALID_OPTION]') });
    await expect(setup({ from: '/no/such/folder' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message:
        'from must not be "/no/such/folder": there is no such folder. It must be the path of a folder of tarballs and wheels.',
    });
  });

  it('takes a prebuilt half once, however many ask for it, and the loader finds it', async () => {
    const folder = tempFolder();
    const env = surroundings(folder);
    const args = ['setup', '--json', '--from', prebuiltIn(folder)];
    const both = await Promise.all([cli(args, env), cli(args, env)]);
    const answers = both.map(({ code, stdout, stderr }) => {
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout) as Record<string, string>;
    });
    expect(answers.map(({ how }) => how).sort()).toEqual(['prebuilt', 'there']);
    expect(answers[0]!['addon']).toBe(answers[1]!['addon']);
    expect(answers[0]).toMatchObject({ libtorch: LIBTORCH, torch: expect.stringMatching(`^2\\.${MINOR}\\.`) });

    // As a package without a half of its own asks.
    const script = `import('${root}/dist/native/set-up-half.js').then(({ currentHalf }) => console.log(currentHalf()))`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { env, encoding: 'utf8' });
    expect(path.join(stdout.trim(), HALF)).toBe(answers[0]!['addon']);
    const found = await cli(['doctor', '--json'], { ...env, LONGATTN_TORCH_ADDON: answers[0]!['addon'] });
    expect(JSON.parse(found.stdout)).toMatchObject({ 'torch half': 'loaded', 'torch half path': answers[0]!['addon'] });
  });

  it('leaves a prebuilt half that does not fit, and names every tool that compiling lacks', async () => {
    const folder = tempFolder();
    const env = surroundings(folder);
    const { code, stderr } = await cli(['setup', '--from', prebuiltIn(folder, 'of another torch')], env);
    expect(code).toBe(4);
    expect(stderr).toMatch(/prebuilt half .* does not fit .*: one is compiled/);
    expect(stderr).toMatch(/Missing: a C\+\+20 compiler .*CMake 3\.18 or newer .*make or ninja .*\[TOOLS_MISSING\]/);
    expect(existsSync(path.join(folder, 'cache', 'torch-half', 'current.json'))).toBe(false);
  });

  it('says that Python is missing, and what a folder without the wheel lacks', async () => {
    const folder = tempFolder();
    const env = surroundings(folder);
    const none = await cli(['setup'], { ...env, PATH: folder, VIRTUAL_ENV: '' });
    expect({ code: none.code, stderr: none.stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('[PYTHON_MISSING]'),
    });
    const wrong = await cli(['setup', '--from', folder], { ...env, LONGATTN_LIBTORCH: '/no/such/torch' });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toMatch(/LONGATTN_LIBTORCH=\/no\/such\/torch cannot be used.*\[SETUP_FAILED\]/s);
  });

  it('finds the torch of the virtual environment before that of the PATH', async () => {
    const folder = tempFolder();
    const env = surroundings(folder);
    mkdirSync(path.join(folder, 'venv', 'bin'), { recursive: true });
    const python = path.join(folder, 'venv', 'bin', 'python3');
    writeFileSync(python, `#!${path.join(env['PATH']!, 'sh')}\necho "of the environment" >&2\nexit 4\n`, {
      mode: 0o755,
    });
    const { stderr } = await cli(['setup'], { ...env, VIRTUAL_ENV: path.join(folder, 'venv') });
    expect(stderr).toMatch(/fetch-libtorch\.py says: of the environment \[SETUP_FAILED\]/);
    // The wheel names its own, active or not.
    const told = await cli(['setup'], { ...env, LONGATTN_PYTHON: python });
    expect(told.stderr).toMatch(/fetch-libtorch\.py says: of the environment \[SETUP_FAILED\]/);
  });
});
