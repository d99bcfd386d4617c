// One cache for two libraries: Python's huggingface_hub must find what we put there, and we what it put there.
//
// It is installed with the Python readers (scripts/setup-python.mjs); where that fails, so do these tests.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { openModelFolder } from '../../src/model/open-model.js';
import { COMMIT } from '../hub/fake-hub.js';
import { workbench } from '../hub/setup.js';
import { SHARD_1, testModel } from '../hub/sharded-model.js';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const INSTALL_TIMEOUT_MS = 900_000;
const SMALL_FILES = ['config.json', 'tokenizer.json', 'model.safetensors.index.json'];

const bench = workbench();
let readers: string;
beforeAll(() => {
  readers = execFileSync(process.execPath, ['scripts/setup-python.mjs'], { cwd: ROOT, encoding: 'utf8' }).trim();
}, INSTALL_TIMEOUT_MS);

/** Run a program that prints JSON. */
async function python(program: string): Promise<unknown> {
  const env = { ...bench.env, PATH: process.env['PATH'], PYTHONPATH: readers, HF_HUB_DISABLE_XET: '1' };
  const { stdout } = await promisify(execFile)('python3', ['-c', `import json\n${program}`], { env });
  return JSON.parse(stdout);
}

describe("Python's huggingface_hub", () => {
  it('finds the files that we have cached, offline, and counts them as its own', async () => {
    const { files } = testModel();
    bench.hub.add('org/name', files);
    await bench.resolve('org/name');
    bench.hub.served.length = 0;
    const [paths, absent, scan] = (await python(`
from huggingface_hub import hf_hub_download, scan_cache_dir, try_to_load_from_cache
paths = [hf_hub_download("org/name", name, local_files_only=True) for name in ${JSON.stringify(SMALL_FILES)}]
absent = try_to_load_from_cache("org/name", "tokenizer_config.json")
found = scan_cache_dir()
scan = [[repo.repo_id, sorted(revision.commit_hash for revision in repo.revisions), repo.nb_files] for repo in found.repos]
print(json.dumps([paths, type(absent).__name__, [scan, [str(warning) for warning in found.warnings]]]))
`)) as [string[], string, unknown];
    for (const [index, name] of SMALL_FILES.entries()) expect(await readFile(paths[index]!)).toEqual(files[name]);
    expect(absent).toBe('object'); // its mark of "asked for, and not there"; None would mean "never asked for"
    expect(scan).toEqual([[['org/name', [COMMIT], SMALL_FILES.length]], []]);
    expect(bench.hub.served.filter(({ path: asked }) => asked.includes('org/name'))).toEqual([]);
  });

  it('may have downloaded the model: then nothing is asked for again', async () => {
    bench.hub.add('org/name', testModel().files);
    // It tells a CDN from the Hub by the name of the host, whatever the port.
    const cdn = bench.hub.cdnOrigin.replace('127.0.0.1', 'localhost');
    bench.hub.fault = ({ path: asked }) => ({ redirectTo: `${cdn}/signed/org/name/${path.basename(asked)}` });
    await python(`
from huggingface_hub import hf_hub_download
for name in ${JSON.stringify([...SMALL_FILES, SHARD_1])}: hf_hub_download("org/name", name)
print("null")
`);
    bench.hub.served.length = 0;
    const { folder, source } = await bench.resolve('org/name');
    expect(source).toBe('cache');
    expect(folder).toBe(path.join(bench.hfCache, 'models--org--name', 'snapshots', COMMIT));
    await openModelFolder(folder);
    expect(bench.hub.served).toEqual([]);
  });
});
