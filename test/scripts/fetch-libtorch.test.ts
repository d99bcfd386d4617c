// scripts/fetch-libtorch.py against tiny wheels in a folder: what is kept, what is checked, what it says when it cannot.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tempFolder } from '../support/temp-folder.js';

const exec = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
/** A module in front of a torch that this machine may have: no package, so nothing to find. */
const HIDDEN = join(tmpdir(), `longattn-no-torch-${process.pid}`);
const WHEELS = join(tmpdir(), `longattn-fake-wheels-${process.pid}`);

beforeAll(() => {
  const make = (...args: string[]) =>
    execFileSync('python3', [join(import.meta.dirname, 'make-fake-wheels.py'), ...args]);
  make(join(WHEELS, 'cpu'), 'cpu');
  make(join(WHEELS, 'cuda'), 'cuda');
  make(join(WHEELS, 'wrong'), 'cpu', '--wrong-hash');
  mkdirSync(join(WHEELS, 'none'));
  mkdirSync(HIDDEN);
  writeFileSync(join(HIDDEN, 'torch.py'), '');
});
afterAll(() => [WHEELS, HIDDEN].forEach((folder) => rmSync(folder, { recursive: true })));

interface Outcome {
  code: number;
  folder: string;
  stderr: string;
}

async function fetch(
  cache: string,
  wheels: string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const options = {
    cwd: cache,
    env: {
      ...process.env,
      LONGATTN_LIBTORCH: '',
      LONGATTN_CACHE: cache,
      PYTHONPATH: HIDDEN,
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: join(WHEELS, wheels),
      ...env,
    },
  };
  try {
    const { stdout, stderr } = await exec('python3', [join(ROOT, 'scripts', 'fetch-libtorch.py'), ...args], options);
    return { code: 0, folder: stdout.trim(), stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    expect(stdout).toBe('');
    return { code, folder: '', stderr };
  }
}

const inside = (folder: string, ...path: string[]) => readdirSync(join(folder, ...path)).sort();

describe('fetch-libtorch', () => {
  it('keeps what a CPU wheel is needed for, and is silent the second time', async () => {
    const cache = tempFolder();
    const first = await fetch(cache, 'cpu');
    expect(first.code).toBe(0);
    expect(inside(first.folder, 'lib')).toEqual(['libc10.so', 'libgomp.so.1', 'libtorch_cpu.so']);
    expect(existsSync(join(first.folder, 'include', 'ATen', 'ATen.h'))).toBe(true);
    expect(existsSync(join(first.folder, 'nn'))).toBe(false);
    expect(existsSync(join(first.folder, '..', 'nvidia'))).toBe(false);
    expect(existsSync(join(first.folder, '..', 'torch-2.13.0.dist-info', 'licenses', 'LICENSE'))).toBe(true);
    expect(inside(cache)).toEqual([expect.stringMatching(/^libtorch-2\.13\.0-/), 'libtorch.lock']);
    expect(await fetch(cache, 'none')).toEqual({ code: 0, folder: first.folder, stderr: '' });
  });

  it('adds the two NVIDIA libraries that the CUDA build of libtorch_cpu needs, where its RPATH looks for them', async () => {
    const { folder } = await fetch(tempFolder(), 'cuda');
    expect(inside(folder, 'lib')).toEqual(['libc10.so', 'libgomp.so.1', 'libtorch_cpu.so']);
    expect(inside(folder, '..', 'nvidia', 'cu13', 'lib')).toEqual(['libcudart.so.13', 'libcupti.so.13']);
  });

  it('keeps the CUDA half on request, beside the other', async () => {
    const cache = tempFolder();
    const { folder } = await fetch(cache, 'cuda', ['--cuda']);
    expect(inside(folder, 'lib')).toEqual([
      'libc10.so',
      'libc10_cuda.so',
      'libgomp.so.1',
      'libtorch_cpu.so',
      'libtorch_cuda.so',
    ]);
    expect((await fetch(cache, 'cuda')).folder).not.toBe(folder);
  });

  it('fetches again what was damaged since', async () => {
    const cache = tempFolder();
    const { folder } = await fetch(cache, 'cpu');
    truncateSync(join(folder, 'lib', 'libtorch_cpu.so'), 10);
    expect((await fetch(cache, 'none')).code).toBe(4);
    expect(await fetch(cache, 'cpu')).toMatchObject({ code: 0, folder });
    expect(await fetch(cache, 'none')).toMatchObject({ code: 0, stderr: '' });
  });

  it('refuses a wheel whose files are not those of its RECORD, and leaves nothing behind', async () => {
    const cache = tempFolder();
    const { code, stderr } = await fetch(cache, 'wrong');
    expect(code).toBe(4);
    expect(stderr).toMatch(/is damaged: torch\/lib\/libc10\.so has sha256=/);
    expect(stderr).toMatch(/error: .* twice/);
    expect(inside(cache).filter((name) => name.startsWith('libtorch-'))).toEqual([]);
  });

  it('goes on after a broken download and an unpacking that was killed', async () => {
    const cache = tempFolder();
    mkdirSync(join(cache, 'downloads-libtorch'));
    writeFileSync(join(cache, 'downloads-libtorch', 'torch-2.13.0-py3-none-any.whl'), 'half of it');
    const { folder, stderr } = await fetch(cache, 'cpu');
    expect(stderr).toMatch(/is not whole; removing it/);
    const killed = `${join(folder, '..')}.abc.partial`;
    mkdirSync(killed);
    rmSync(join(folder, '..', 'manifest.json'));
    await fetch(cache, 'cpu');
    expect(existsSync(killed)).toBe(false);
  });

  it('uses a whole download that is there', async () => {
    const cache = tempFolder();
    cpSync(
      join(WHEELS, 'cpu', 'torch-2.13.0-py3-none-any.whl'),
      join(cache, 'downloads-libtorch', 'torch-2.13.0-py3-none-any.whl'),
    );
    expect((await fetch(cache, 'none')).code).toBe(0);
  });

  it('lets two at once agree', async () => {
    const cache = tempFolder();
    const both = await Promise.all([fetch(cache, 'cpu'), fetch(cache, 'cpu')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both[0].folder).toBe(both[1].folder);
    expect(both.filter(({ stderr }) => stderr.includes('downloading'))).toHaveLength(1);
  });

  it('says what to do where pip finds nothing or is not there', async () => {
    const cache = tempFolder();
    const none = await fetch(cache, 'none');
    expect(none.code).toBe(4);
    expect(none.stderr).toMatch(/error: pip could not download torch==2\.13\.0: .*LONGATTN_LIBTORCH/s);
  });
});

describe('a libtorch that is there already', () => {
  it('is taken from LONGATTN_LIBTORCH, or refused with the reason', async () => {
    const cache = tempFolder();
    const { folder } = await fetch(cache, 'cpu');
    const other = tempFolder();
    expect(await fetch(other, 'none', [], { LONGATTN_LIBTORCH: folder })).toEqual({ code: 0, folder, stderr: '' });
    const wrong = await fetch(other, 'cpu', [], { LONGATTN_LIBTORCH: other });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toContain(`LONGATTN_LIBTORCH=${other} cannot be used: it has no include/ATen/ATen.h`);
    const cuda = await fetch(other, 'none', ['--cuda'], { LONGATTN_LIBTORCH: folder });
    expect(cuda.stderr).toContain('it has no lib/libtorch_cuda');
  });

  it('is the Python package where that is fit, without importing it', async () => {
    const site = tempFolder();
    const { folder } = await fetch(tempFolder(), 'cpu');
    cpSync(folder, join(site, 'torch'), { recursive: true });
    writeFileSync(join(site, 'torch', '__init__.py'), 'raise SystemExit("imported")\n');
    const found = await fetch(tempFolder(), 'none', [], { PYTHONPATH: site });
    expect(found).toEqual({ code: 0, folder: join(site, 'torch'), stderr: '' });

    const header = join(site, 'torch', 'include', 'torch', 'headeronly', 'version.h');
    writeFileSync(header, '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 1\n');
    const old = await fetch(tempFolder(), 'cpu', [], { PYTHONPATH: site });
    expect(old.folder).not.toContain(site);
    expect(old.stderr).toContain('is left alone: its version is 2.1');

    writeFileSync(header, '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n');
    writeFileSync(join(site, 'torch', 'lib', 'libc10.so'), 'no mangled names');
    expect((await fetch(tempFolder(), 'cpu', [], { PYTHONPATH: site })).stderr).toContain('old C++ ABI');
  });
});
