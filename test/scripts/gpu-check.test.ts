// scripts/gpu-check from end to end on a pretended machine with a GPU, from a packed tree: what it writes and prints, and when it calls
// a run passed, where kernels hang, fault, do not compile, or compute something else. What a GPU would really do is for one to show.
//
// test/fixtures/gpu-check holds the report of each case, without times; LONGATTN_UPDATE_FIXTURES=1 writes them anew.
import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll } from '@jest/globals';
import { tempFolder } from '../support/temp-folder.js';

const ROOT = join(import.meta.dirname, '..', '..');
const FIXTURES = join(ROOT, 'test', 'fixtures', 'gpu-check');
const PRETENDER = join(import.meta.dirname, 'pretend_gpu.py');
const MOST_BYTES = 20 * 2 ** 20;
const run = promisify(execFile);

interface Scenario {
  hang?: string[];
  fault?: string[];
  wrong?: string[];
  blind?: string[];
  compile?: string[];
  warn?: boolean;
  refuse?: boolean;
  slow?: number;
}

interface Step extends Record<string, unknown> {
  step: string;
  status: string;
}

interface Report extends Record<string, unknown> {
  passed: boolean;
  complete: boolean;
  steps: Step[];
}

interface Machine {
  scenario?: Scenario;
  /** Of its torch: whether it sees a GPU, and of what capability. */
  gpu?: boolean;
  capability?: [number, number];
  args?: string[];
}

interface Result {
  code: number;
  stdout: string;
  stderr: string;
  report: Report;
}

let tree: string;
let bytes = 0;

/** The tree that --pack makes, unpacked where there is no git. */
beforeAll(async () => {
  tree = mkdtempSync(join(tmpdir(), 'longattn-gpu-'));
  const archive = join(tree, 'tree.tar.gz');
  await run('python3', [join(ROOT, 'scripts', 'gpu-check'), '--pack', archive], {
    env: { ...process.env, LONGATTN_COMMIT: 'abc123' },
  });
  await run('tar', ['-xzf', archive, '-C', tree]);
  rmSync(archive);
  for (const name of await readdir(tree, { recursive: true })) bytes += (await stat(join(tree, name))).size;
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** A folder of programs for the PATH and a Python package `torch`. */
async function pretend({ gpu = true, capability = [9, 0] }: Machine): Promise<string> {
  const folder = tempFolder();
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'torch'));
  await writeFile(
    join(folder, 'torch', '__init__.py'),
    `class cuda:
    is_available = staticmethod(lambda: ${gpu ? 'True' : 'False'})
    device_count = staticmethod(lambda: 1)
    get_device_name = staticmethod(lambda i: "Pretended GPU")
    get_device_capability = staticmethod(lambda i: (${capability.join(', ')}))
class version:
    cuda = "13.0"
__version__ = "2.11.0"
`,
  );
  await cp(PRETENDER, join(folder, 'bin', 'pretender'));
  await chmod(join(folder, 'bin', 'pretender'), 0o755);
  for (const name of ['cmake', 'ninja', 'g++', 'nvcc', 'nvidia-smi', 'cuobjdump', 'compute-sanitizer'])
    await symlink('pretender', join(folder, 'bin', name));
  return folder;
}

function environment(folder: string, scenario: Scenario = {}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LONGATTN_COMMIT: '',
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    PYTHONPATH: folder,
    PYTHONDONTWRITEBYTECODE: '1',
    PRETEND_GPU: JSON.stringify(scenario),
    OUT: join(folder, 'out'),
  };
}

const command = (folder: string, args: string[] = []): string[] => [
  join(tree, 'scripts', 'gpu-check'),
  '--build',
  join(folder, 'build'),
  ...args,
];
/** Where something hangs: short beside the real ones, and long beside what a program takes that does not. */
const IMPATIENT = ['--watchdog', '2.5'];

const readReport = async (folder: string): Promise<Report> =>
  JSON.parse(await readFile(join(folder, 'out', 'gpu-check.json'), 'utf8')) as Report;

async function gpuCheck(machine: Machine = {}): Promise<Result> {
  const folder = await pretend(machine);
  const ended = await new Promise<Omit<Result, 'report'>>((resolve) => {
    execFile(
      'python3',
      command(folder, machine.args),
      { env: environment(folder, machine.scenario) },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
  return { ...ended, report: await readReport(folder) };
}

/** Without what differs from run to run and from machine to machine. */
function comparable(report: Report): unknown {
  const dropped = ['seconds', 'began', 'time', 'output', 'nvcc', 'torch_folder', 'cores', 'system'];
  const text = JSON.stringify(report, (key, value: unknown) => (dropped.includes(key) ? undefined : value), 1);
  return JSON.parse(text.replaceAll(/no end within \d+ s/g, 'no end in time'));
}

async function expectReport(name: string, report: Report): Promise<void> {
  const file = join(FIXTURES, `${name}.json`);
  if (process.env['LONGATTN_UPDATE_FIXTURES'] === '1') {
    await mkdir(FIXTURES, { recursive: true });
    await writeFile(file, `${JSON.stringify(comparable(report), undefined, 1)}\n`);
  }
  expect(comparable(report)).toEqual(JSON.parse(await readFile(file, 'utf8')));
}

const statusOf = (report: Report, name: string): string | undefined =>
  report.steps.find(({ step }) => step === name)?.status;

describe('gpu-check --pack', () => {
  it('makes a tree that may travel anywhere', async () => {
    expect(bytes).toBeGreaterThan(2 ** 19);
    expect(bytes).toBeLessThan(MOST_BYTES);
    expect((await readdir(tree)).sort()).toEqual(
      ['CMakeLists.txt', 'COMMIT', 'LICENSE', 'cmake', 'native', 'package.json', 'scripts'].sort(),
    );
  });
});

describe('gpu-check', () => {
  it('runs both parts, the important first, and prints one table last', async () => {
    const { code, stdout, stderr, report } = await gpuCheck();
    expect({ code, tail: stderr.slice(-400) }).toMatchObject({ code: 0 });
    expect(stderr).toContain('-DLONGATTN_CUDA_ARCHITECTURES=90a-real');
    expect(report['commit']).toBe('abc123');
    expect(stdout.trim().split('\n').at(-1)).toContain('ALL PASSED');
    expect(stdout).toMatch(/fused +8B +32768 +9\.50 +1\.70 +3\.449/);
    expect(stdout).toMatch(/decoder layers 0\.\.16 +8B +32768 +700\.50 +0\.047/);
    const names = report.steps.map(({ step }) => step);
    expect(new Set(names).size).toBe(names.length); // nothing runs twice
    await expectReport('passed', report);
  });

  it('measures mma whatever wgmma does: it hangs', async () => {
    const hanging = ['wgmma-one-tile', 'wgmma-five-tiles', 'wgmma-two-items', 'wgmma-window'];
    const { code, stdout, report } = await gpuCheck({
      scenario: { hang: hanging },
      args: ['--part', '1', ...IMPATIENT],
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/smoke wgmma-one-tile +HUNG/);
    expect(statusOf(report, 'smoke mma-one-item')).toBe('passed');
    expect(statusOf(report, 'bench fused-mma 8B 8192,32768')).toBe('passed');
    await expectReport('wgmma-hangs', report);
  });

  it('... it does not compile', async () => {
    const { code, report } = await gpuCheck({ scenario: { compile: ['wgmma_fp16'] }, args: ['--part', '1'] });
    expect(code).toBe(1);
    expect(report.steps.find(({ step }) => step === 'build kernels')).toMatchObject({
      status: 'failed',
      left_out: ['wgmma_fp16'],
    });
    expect(statusOf(report, 'bench fused-mma 8B 8192,32768')).toBe('passed');
    await expectReport('wgmma-does-not-compile', report);
  });

  it('... it faults', async () => {
    const fault = ['wgmma-five-tiles', 'wgmma-two-items', 'fused'];
    const { code, report } = await gpuCheck({ scenario: { fault }, args: ['--part', '1'] });
    expect(code).toBe(1);
    expect(report.steps.find(({ step }) => step === 'smoke wgmma-two-items')).toMatchObject({
      status: 'failed',
      output: expect.stringContaining('an illegal memory access'),
    });
    expect(statusOf(report, 'bench fused 8B 8192,32768')).toBe('failed');
    expect(statusOf(report, 'bench fused-mma 8B 8192,32768')).toBe('passed');
    await expectReport('wgmma-faults', report);
  });

  it('fails where numbers are wrong, a tool finds races, setmaxnreg was ignored, or a test finds no GPU', async () => {
    const { code, report } = await gpuCheck({
      scenario: { wrong: ['mma-one-tile', 'racecheck', 'device_lse_test'], warn: true, blind: ['device_rows_test'] },
    });
    expect(code).toBe(1);
    const failed = report.steps.filter(({ status }) => status === 'failed').map(({ step }) => step);
    expect(failed).toEqual([
      'build kernels',
      'smoke mma-one-tile',
      'sanitizer racecheck mma-one-item',
      'sanitizer racecheck wgmma-five-tiles',
      'test device_rows_test',
      'test device_lse_test',
    ]);
    await expectReport('wrong', report);
  });

  it('passes where the machine refuses compute-sanitizer, and says so', async () => {
    const { code, report } = await gpuCheck({ scenario: { refuse: true }, args: ['--part', '1'] });
    expect(code).toBe(0);
    expect(report.steps.find(({ step }) => step === 'sanitizer memcheck mma-one-item')).toMatchObject({
      status: 'skipped',
      reason: expect.stringContaining('insufficient permissions'),
    });
  });

  it('goes on after a test that hangs, a test and a kernel that do not compile, and a fault', async () => {
    const { code, report } = await gpuCheck({
      scenario: { hang: ['device_table_test'], compile: ['decoder_device_test', 'wgmma_bf16'], fault: ['decoder'] },
      args: ['--part', '2', ...IMPATIENT],
    });
    expect(code).toBe(1);
    await expectReport('part-2', report);
  });

  it('is incomplete, and no more, where the time was too short', async () => {
    const { code, stdout, report } = await gpuCheck({
      args: ['--part', '1', '--budget', '8'],
      scenario: { slow: 600 },
    });
    expect(code).toBe(1);
    expect(report).toMatchObject({ passed: false, complete: false });
    expect(stdout.trim().split('\n').at(-1)).toContain('INCOMPLETE');
    expect(statusOf(report, 'build kernels')).toBe('cut');
    expect(report.steps.filter(({ status }) => ['failed', 'hung'].includes(status))).toEqual([]);
  });

  it('leaves what it found when it is killed', async () => {
    const folder = await pretend({});
    const child = spawn('python3', command(folder, ['--part', '1']), {
      env: environment(folder, { hang: ['mma-one-tile'] }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise<void>((resolve) => {
      let said = '';
      child.stderr.on('data', (data: Buffer) => {
        said += data.toString();
        if (said.includes('fused_smoke mma-one-tile')) resolve();
      });
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    const report = await readReport(folder);
    expect(report.passed).toBe(false);
    expect(statusOf(report, 'smoke pack')).toBe('passed');
    expect(report.steps.at(-1)).toMatchObject({ step: 'smoke mma-one-tile', status: 'running' });
  });

  it('says what the machine lacks', async () => {
    const blind = await gpuCheck({ gpu: false });
    expect(blind).toMatchObject({ code: 4, report: { passed: false, error: expect.stringContaining('sees no GPU') } });
    const old = await gpuCheck({ capability: [7, 5] });
    expect(old).toMatchObject({ code: 4, stderr: expect.stringContaining('must be 8.0 (Ampere) or newer') });
  });
});
