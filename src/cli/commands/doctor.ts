// `longattn doctor`: what this machine has, in a table to paste into a bug report.
import os from 'node:os';
import type { CommandModule } from 'yargs';
import { loadBinding } from '../../native/load.js';
import { version } from '../../version.js';
import { runCommand } from '../context.js';
import { printResult, renderTable } from '../output.js';

async function facts(): Promise<Record<string, string>> {
  const out: Record<string, string> = {
    longattn: version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: String(os.availableParallelism()),
    memory: `${(os.totalmem() / 2 ** 30).toFixed(1)} GiB`,
  };
  try {
    const binding = loadBinding();
    const { torch, napi } = binding.versions();
    const cpu = binding.cpu();
    Object.assign(out, { addon: 'loaded', libtorch: torch, 'N-API': String(napi) });
    Object.assign(out, { 'CPU features': cpu.features.join(' '), kernels: cpu.kernels.join(' '), kernel: cpu.kernel });
  } catch (error) {
    out['addon'] = `missing: ${(error as Error).message}`;
  }
  out['devices'] = 'cpu';
  return out;
}

export const doctorCommand: CommandModule = {
  command: 'doctor',
  describe: 'print versions, libtorch, CPU features and the kernel in use',
  handler: (argv) =>
    runCommand(argv, async ({ json }) => {
      const found = await facts();
      printResult(json ? JSON.stringify(found, null, 2) : renderTable(['what', 'found'], Object.entries(found)));
      if (found['addon'] !== 'loaded') process.exitCode = 4;
    }),
};
