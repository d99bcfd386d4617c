// `longattn doctor`: what this machine has, in lines to paste into a bug report. The torch half may be missing: then exit code 0.
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import type { CommandModule } from 'yargs';
import type { NativeTorch } from '../../native/binding.js';
import { addonPath, torchAddonPath } from '../../native/addon-paths.js';
import { loadBinding, loadTorch } from '../../native/load.js';
import { LongattnError } from '../../base/errors.js';
import { version } from '../../base/version.js';
import { usableProcessors } from '../../base/processors.js';
import { runCommand } from '../context.js';
import { printResult, renderFacts } from '../output.js';

/** Where the system found libtorch: only the loaded process knows for sure, and only Linux tells. */
function libtorchPath(): string | undefined {
  if (!existsSync('/proc/self/maps')) return undefined;
  return /(\/.*)\/libtorch_cpu\.so/.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1];
}

async function facts(): Promise<Record<string, string>> {
  const out: Record<string, string> = {
    longattn: version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: String(os.availableParallelism()),
    threads: String(usableProcessors()),
    memory: `${(os.totalmem() / 2 ** 30).toFixed(1)} GiB`,
  };
  try {
    const binding = loadBinding();
    const { napi } = binding.versions();
    const cpu = binding.cpu();
    Object.assign(out, { addon: 'loaded', 'addon gives': 'layer 0 on the CPU', 'addon path': addonPath() });
    Object.assign(out, { 'N-API': String(napi) });
    Object.assign(out, { 'CPU features': cpu.features.join(' '), kernels: cpu.kernels.join(' '), kernel: cpu.kernel });
  } catch (error) {
    out['addon'] = `missing: ${(error as Error).message}`;
  }
  // Of a device nothing is known without the core.
  const { devices, ...torch } = torchFacts();
  return { ...out, ...torch, devices: out['addon'] === 'loaded' ? devices! : 'none' };
}

/** Of the half that is loaded when it is needed: without it layer 0 is ranked as well. */
function torchFacts(): Record<string, string> {
  try {
    const half = loadTorch();
    const { version: libtorch, capability } = half.torch();
    const folder = libtorchPath();
    return {
      'torch half': 'loaded',
      'torch half gives': 'all layers, losses, devices',
      'torch half path': torchAddonPath(),
      libtorch: `${libtorch} (${capability})`,
      ...(folder !== undefined && { 'libtorch path': folder }),
      ...deviceFacts(half.cuda()),
    };
  } catch (error) {
    const missing = error instanceof LongattnError && error.code === 'TORCH_MISSING';
    return { 'torch half': `${missing ? 'missing' : 'broken'}: ${(error as Error).message}`, devices: 'cpu (layer 0)' };
  }
}

function deviceFacts({ built, kernel, devices }: ReturnType<NativeTorch['cuda']>): Record<string, string> {
  if (!built) return { devices: 'cpu (built without CUDA, see docs/cuda.md)' };
  const found = devices.map(
    ({ index, name, capability, memoryBytes }) =>
      `cuda:${index} (${name}, ${capability}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB)`,
  );
  return { devices: ['cpu', ...found].join(', '), 'CUDA kernel': kernel };
}

export const doctorCommand: CommandModule = {
  command: 'doctor',
  describe: 'print versions, libtorch, CPU features and the kernel in use',
  handler: (argv) =>
    runCommand(argv, async ({ json }) => {
      const found = await facts();
      printResult(json ? JSON.stringify(found, null, 2) : renderFacts(found));
      if (found['addon'] !== 'loaded' || found['torch half']?.startsWith('broken')) process.exitCode = 4;
    }),
};
