// The kernel of a run: the last digits of a score depend on it, so that all parts of a run are computed by the one of its first worker.
//
// It is no part of run.json, because a run may be planned where no worker runs. A run that was let mix kernels tells all of them.
import path from 'node:path';
import { z } from 'zod';
import { environmentError } from '../base/errors.js';
import { errorCode, ifExists } from '../io/file-system.js';
import { makeFolder } from '../io/make-folder.js';
import { writeExclusively } from '../io/write-exclusively.js';
import type { Run } from './directory.js';

const recordSchema = z.object({ kernel: z.string() });

const firstFile = (run: Run): string => path.join(run.dir, 'kernel.json');
const othersFolder = (run: Run): string => path.join(run.dir, 'kernels');

/**
 * @param kernel of this worker, such as "avx512" or "cuda sm_90"
 * @throws LongattnError KERNEL_CHANGED unless kernels may be mixed
 */
export async function requireSameKernel(run: Run, kernel: string, mayMix: boolean): Promise<void> {
  const { fs } = run.windows;
  const text = `${JSON.stringify({ kernel })}\n`;
  const first =
    (await read(firstFile(run), run)) ??
    ((await writeExclusively(firstFile(run), text, fs)) ? kernel : await read(firstFile(run), run));
  if (first === undefined || first === kernel) return;
  if (!mayMix) {
    throw environmentError(
      'KERNEL_CHANGED',
      `This machine computes with the kernel "${kernel}"; the run was begun with "${first}", and the last digits of a score depend on it. ` +
        'Use machines of one kind, or let them differ with --mixed-kernels, which the status of the run then tells.',
    );
  }
  await makeFolder(othersFolder(run), fs);
  await writeExclusively(path.join(othersFolder(run), `${kernel.replace(/[^\w.-]+/g, '-')}.json`), text, fs);
}

/** The kernels of a run, that of its first worker first; none before there was one. */
export async function kernelsOf(run: Run): Promise<string[]> {
  const names = (await ifExists(run.windows.fs.readdir(othersFolder(run)))) ?? [];
  const files = [
    firstFile(run),
    ...names
      .filter((name) => /^[^.].*\.json$/.test(name))
      .sort()
      .map((name) => path.join(othersFolder(run), name)),
  ];
  const kernels = await Promise.all(files.map((file) => read(file, run)));
  return kernels.flatMap((kernel) => kernel ?? []);
}

async function read(file: string, run: Run): Promise<string | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await run.windows.fs.readFile(file, 'utf8'))).kernel;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw environmentError(
      'KERNEL_UNREADABLE',
      `${file} cannot be read: ${(error as Error).message}. Remove it, and the next worker writes it again.`,
      error,
    );
  }
}
