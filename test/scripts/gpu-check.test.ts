// scripts/gpu-check with a torch, a CMake and a ctest that only pretend: what it asks of them, what it writes and prints, and
// when it calls a run passed. What they would really do is for a GPU to show.
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { tempFolder } from '../support/temp-folder.js';

const ROOT = join(import.meta.dirname, '..', '..');

interface Machine {
  gpu?: boolean;
  capability?: [number, number];
  /** What fused_device_test says. */
  fused?: string;
  failing?: string;
}

const TESTS = [
  'rope_test',
  'device_stats_test',
  'device_rows_test',
  'device_table_test',
  'device_lse_test',
  'decoder_device_test',
  'model_replicas_test',
  'fused_device_test',
];

/** A folder of programs for the PATH and a Python package `torch`. */
async function pretend({ gpu = true, capability = [9, 0], fused = '', failing }: Machine): Promise<string> {
  const folder = tempFolder();
  const program = async (path: string, lines: string[]): Promise<void> => {
    await writeFile(join(folder, path), ['#!/bin/sh', ...lines, ''].join('\n'));
    await chmod(join(folder, path), 0o755);
  };
  for (const name of ['bin', 'torch', 'build/tests', 'build/bench'])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(
    join(folder, 'torch', '__init__.py'),
    `class cuda:
    is_available = staticmethod(lambda: ${gpu ? 'True' : 'False'})
    current_device = staticmethod(lambda: 0)
    device_count = staticmethod(lambda: 1)
    get_device_name = staticmethod(lambda i: "Pretended GPU")
    get_device_capability = staticmethod(lambda i: (${capability.join(', ')}))
class version:
    cuda = "13.0"
__version__ = "2.13.0"
`,
  );
  await program('bin/cmake', ['echo "cmake $@"']);
  await program('bin/g++', []);
  await program('bin/ctest', [
    'echo "on $LONGATTN_TEST_DEVICE"',
    ...TESTS.map((name, i) => {
      const verdict = name === failing ? '***Failed ' : '   Passed ';
      return `echo "${i + 1}/${TESTS.length} Test #${i + 1}: ${name} ......${verdict}   0.5${i} sec"`;
    }),
    failing ? 'exit 8' : '',
  ]);
  await program('build/tests/fused_device_test', [`echo "${fused}"`]);
  await program('build/bench/longattn_cuda_bench', [
    `echo '{"device":"Pretended GPU"}'`,
    `echo '{"bench":"fused","shape":"8B","length":32768,"ms":9.5,"to_floor":1.7,"tokens_a_second":3449263,"peak_mb":20.0}'`,
  ]);
  await program('build/bench/longattn_device_decoder_bench', [
    `echo '{"decoder":"decoder layers 0..16","shape":"8B","dtype":"bf16","length":32768,"ms":700.5,"tokens_a_second":46778,"out_of_memory":0}'`,
    `echo '{"decoder":"losses, layers 0..16","shape":"8B","dtype":"bf16","length":32768,"error":"OUT_OF_MEMORY"}'`,
  ]);
  return folder;
}

interface Result {
  code: number;
  stdout: string;
  stderr: string;
  report: Record<string, unknown>;
}

async function gpuCheck(machine: Machine): Promise<Result> {
  const folder = await pretend(machine);
  const env = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    PYTHONPATH: folder,
    PYTHONDONTWRITEBYTECODE: '1',
    OUT: join(folder, 'out'),
    LONGATTN_NODE: '',
  };
  // Without node_modules beside the script there is no second step: it runs from a copy of its own.
  await mkdir(join(folder, 'scripts'));
  await writeFile(join(folder, 'scripts', 'gpu-check'), await readFile(join(ROOT, 'scripts', 'gpu-check')));
  const run = await new Promise<Omit<Result, 'report'>>((resolve) => {
    execFile(
      'python3',
      [join(folder, 'scripts', 'gpu-check'), '--build', join(folder, 'build')],
      { env },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
  const report = JSON.parse(await readFile(join(folder, 'out', 'gpu-check.json'), 'utf8')) as Result['report'];
  return { ...run, report };
}

describe('gpu-check', () => {
  it('builds for the GPU at hand, tests on it, prints one table last and keeps everything in a file', async () => {
    const { code, stdout, stderr, report } = await gpuCheck({});
    expect({ code, tail: stderr.slice(-300) }).toMatchObject({ code: 0 });
    expect(stderr).toContain('-DLONGATTN_CUDA_ARCHITECTURES=90a-real');
    expect(stderr).toContain('on cuda:0');
    expect(stdout.trim().split('\n').at(-1)).toContain('ALL PASSED');
    expect(stdout).toMatch(/fused +8B +32768 +9\.50 +1\.70 +3\.449/);
    expect(stdout).toMatch(/decoder layers 0\.\.16 +8B +32768 +700\.50 +0\.047/);
    expect(stdout).toMatch(/losses, layers 0\.\.16 +8B +32768 OUT_OF_MEMORY/);
    expect(report).toMatchObject({
      passed: true,
      machine: { gpu: 'Pretended GPU', capability: '9.0' },
      tests: { tests: { fused_device_test: { passed: true, seconds: 0.57 } } },
      decoder: { passed: true, rows: [{ ms: 700.5 }, { error: 'OUT_OF_MEMORY' }] },
      addon: null,
    });
  });

  it('calls a run failed when a test failed, or when the kernel found no GPU to run on', async () => {
    const failed = await gpuCheck({ failing: 'device_lse_test' });
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/device_lse_test +FAILED/);
    const skipped = await gpuCheck({ fused: 'skipped: this machine has no CUDA device' });
    expect(skipped.code).toBe(1);
    expect(skipped.report).toMatchObject({ passed: false });
  });

  it('says what the machine lacks', async () => {
    const blind = await gpuCheck({ gpu: false });
    expect(blind).toMatchObject({ code: 4, report: { passed: false, error: expect.stringContaining('sees no GPU') } });
    const old = await gpuCheck({ capability: [7, 5] });
    expect(old).toMatchObject({ code: 4, stderr: expect.stringContaining('must be 8.0 (Ampere) or newer') });
  });
});
