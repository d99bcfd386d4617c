import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { knownModelFolder, type KnownModel } from '../../src/hub/known-models.js';
import { resolveModel } from '../../src/hub/resolve-model.js';
import { readSettings } from '../../src/hub/settings.js';
import { fetchModel, type FetchModelHooks, type FetchModelOptions } from '../../src/model-tools/fetch-model.js';
import { failure } from '../hub/setup.js';
import { tempFolder } from '../support/temp-folder.js';

const MADE = `
import pathlib, sys
print("making it", file=sys.stderr)
pathlib.Path(sys.argv[1], "config.json").write_text("made")
`;
const MODEL: KnownModel = {
  name: 'smollm2-135m',
  title: 'A model',
  licence: 'Apache-2.0',
  source: 'a script',
  script: 'make.py',
  files: { 'config.json': createHash('sha256').update('made').digest('hex') },
};

let scripts: string;
let env: NodeJS.ProcessEnv;
let folder: string;
beforeEach(() => {
  scripts = tempFolder();
  env = { PATH: process.env['PATH'], LONGATTN_CACHE: tempFolder() };
  folder = knownModelFolder(readSettings(env), MODEL.name);
});

async function fetchWith(script: string, more: FetchModelOptions = {}, hooks: FetchModelHooks = {}) {
  await writeFile(path.join(scripts, MODEL.script), script);
  return fetchModel(MODEL.name, { env, scripts, models: [MODEL], ...more }, hooks);
}

describe('fetchModel', () => {
  it('makes the folder once, with what to know about it', async () => {
    const lines: string[] = [];
    const first = await fetchWith(MADE, {}, { onMessage: (line) => lines.push(line) });
    expect(first).toMatchObject({ folder, made: true, licence: 'Apache-2.0', title: 'A model' });
    expect(lines).toEqual(['making it']);
    expect(await fetchWith('raise SystemExit("not again")')).toMatchObject({ folder, made: false });
    expect(await readdir(path.dirname(folder))).toEqual([MODEL.name]);
  });

  it('makes it again where a file was changed', async () => {
    await fetchWith(MADE);
    await appendFile(path.join(folder, 'config.json'), 'x');
    expect(await fetchWith(MADE)).toMatchObject({ made: true });
    expect(await readFile(path.join(folder, 'config.json'), 'utf8')).toBe('made');
  });

  it('refuses a result with another sum', async () => {
    await expect(fetchWith(MADE.replace('"made"', '"evil"'))).rejects.toEqual(
      failure('MODEL_SUM_WRONG', 'config.json', 'sha256'),
    );
    expect(await readdir(path.dirname(folder))).toEqual([]);
  });

  it('repeats what the script said when it fails', async () => {
    const failing = 'import sys; print("error: no index", file=sys.stderr); sys.exit(4)';
    await expect(fetchWith(failing)).rejects.toEqual(failure('MODEL_SCRIPT_FAILED', 'error: no index'));
    expect(await readdir(path.dirname(folder))).toEqual([]);
  });

  it('says when there is no python3', async () => {
    await expect(fetchWith(MADE, { env: { ...env, PATH: tempFolder() } })).rejects.toEqual(
      failure('PYTHON_MISSING', '3.9'),
    );
  });

  it('stops the script and what it has started', async () => {
    const controller = new AbortController();
    const child = path.join(scripts, 'child');
    const script = `
import subprocess, sys
print("started", file=sys.stderr, flush=True)
subprocess.run([sys.executable, "-c", "import time, pathlib; time.sleep(3); pathlib.Path(${JSON.stringify(child)}).touch()"])
`;
    const onMessage = () => controller.abort(new Error('stopped by the user'));
    await expect(fetchWith(script, {}, { signal: controller.signal, onMessage })).rejects.toThrow(
      'stopped by the user',
    );
    expect(await readdir(path.dirname(folder))).toEqual([]);
    // Had it gone on, its end of stderr would have kept the call waiting until the file was there.
    expect(existsSync(child)).toBe(false);
  });

  it('knows only the models that it knows', async () => {
    await expect(fetchModel('gpt-5', { env })).rejects.toEqual(failure('INVALID_OPTION', 'gpt-5', 'smollm2-135m'));
  });
});

describe('a known model by its bare name', () => {
  it('is the fetched folder, or an error that says how to get it', async () => {
    await expect(resolveModel('smollm2-135m', { env })).rejects.toEqual(
      failure('MODEL_NOT_FETCHED', 'longattn model fetch smollm2-135m'),
    );
    await mkdir(folder, { recursive: true });
    expect(await resolveModel('smollm2-135m', { env })).toEqual({ folder, source: 'cache' });
  });
});
