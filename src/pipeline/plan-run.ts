// The plan of a run beside its windows: made once, before run.json, and read by everybody else, so that neither a resume nor a thousand
// workers read the whole corpus again only to find where its parts begin.
import path from 'node:path';
import { dataError, show } from '../base/errors.js';
import type { ProgressEvent } from '../base/events.js';
import { conversionOf, KNOWN_FORMATS } from '../corpus/formats.js';
import { planInputs, type InputPart, type InputSlice, type PlanOptions, type RefusedSlice } from '../corpus/plan.js';
import { isAddress } from '../storage/address.js';
import type { Spec } from '../options/spec.js';
import { refusedFiles, RefusedFilesError, type RefusedFile } from '../run/refused-files.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { ifExists, nodeFileSystem } from '../io/file-system.js';
import { parsePlan, planText } from './plan-file.js';
import { rootOf, type Run } from '../run/directory.js';
import type { FrozenInput } from '../run/manifest.js';

const planFile = (dir: string): string => path.join(dir, 'windows', 'plan.json');

type Corpus = Pick<Spec, 'input' | 'limit' | 'domainField' | 'zstdWindow' | 'allowRefusedFiles'>;

function planOptions({ limit, domainField, zstdWindow }: Corpus, signal: AbortSignal | undefined): PlanOptions {
  return { limit, domainField, zstdWindow, signal };
}

function refusedByPlan(refused: readonly RefusedSlice[]): RefusedFile[] {
  return refusedFiles(
    refused.map(({ path: file, reason, rows }) => ({
      ...{ file, line: 0, reason, whole: 'file' },
      ...(rows !== undefined && { rows }),
    })),
  );
}

/**
 * List the inputs and plan the parts, for `openRun`. The plan is kept.
 * @throws LongattnError of the inputs and the disk; the signal's reason
 */
export async function freezePlan(
  dir: string,
  corpus: Corpus,
  hooks: { signal?: AbortSignal | undefined; onProgress?: ((event: ProgressEvent) => void) | undefined },
): Promise<{ inputs: FrozenInput[]; parts: number }> {
  const { files, parts, skipped, refused } = await planInputs(corpus.input, planOptions(corpus, hooks.signal));
  if (refused.length > 0 && !corpus.allowRefusedFiles) throw new RefusedFilesError(refusedByPlan(refused));
  if (skipped.length > 0) hooks.onProgress?.(skippedWarning(skipped));
  await writeTextAtomically(planFile(dir), planText(parts));
  return { inputs: files.map((file) => ({ ...file })), parts: parts.length };
}

/** @throws LongattnError PLAN_LOST where it is gone and this is not the folder to make it again */
export async function loadPlan(run: Run, corpus: Corpus, signal?: AbortSignal): Promise<InputPart[]> {
  const file = planFile(run.dir);
  const text = await ifExists(nodeFileSystem.readFile(file, 'utf8'));
  const parts = text === undefined ? undefined : parsePlan(text);
  if (parts?.length === run.manifest.parts) return parts;
  const { root } = run.manifest;
  if (root !== undefined && root !== process.cwd()) {
    throw dataError(
      'PLAN_LOST',
      `${file} is gone or damaged. Run the command once in ${root}, where it can be made again.`,
    );
  }
  const planned = (await planInputs(corpus.input, planOptions(corpus, signal))).parts;
  await writeTextAtomically(file, planText(planned));
  return planned;
}

/**
 * Slices with paths that can be opened from here, and the way back: what is written of a file names it as it was typed, so that no byte
 * depends on where a worker was started.
 */
export async function openableSlices(
  { manifest }: Run,
  slices: readonly InputSlice[],
): Promise<{ slices: InputSlice[]; typed: (file: string) => string }> {
  const root = await rootOf(manifest);
  if (root === process.cwd()) return { slices: [...slices], typed: (file) => file };
  const openable = (file: string): string => (isAddress(file) ? file : path.resolve(root, file));
  const typed = new Map(slices.map((slice) => [openable(slice.path), slice.path]));
  return {
    slices: slices.map((slice) => ({ ...slice, path: openable(slice.path) })),
    typed: (file) => typed.get(file) ?? file,
  };
}

/** Files of a folder that nobody reads: said once, when the run is planned. */
function skippedWarning(skipped: readonly string[]): ProgressEvent {
  const files = skipped.length === 1 ? '1 file' : `${skipped.length} files`;
  const packed = skipped.find((file) => conversionOf(file) !== undefined);
  const convert = packed === undefined ? '' : ` To read ${show(packed)}, convert it: ${conversionOf(packed)}.`;
  return {
    type: 'warning',
    code: 'FILES_SKIPPED',
    message: `${files} in the folders given will not be read, such as ${show(skipped[0])}: of no known format, or no data. Known: ${KNOWN_FORMATS}; a plain .json must be named.${convert}`,
  };
}
