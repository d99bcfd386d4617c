// Open a run directory: start it, or join it when it is there (resume, another shard, another machine on a shared disk).
//
// run.json appears by a hard link, which fails when the name exists: of several processes that start together exactly one wins,
// and the others compare themselves with it as a resume would.
import path from 'node:path';
import { dataError, LongattnError } from '../base/errors.js';
import { syncFolder, writeTextAtomically } from '../io/atomic-file.js';
import type { JsonObject } from '../io/canonical-json.js';
import { errorCode, ifExists, nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { readError, writeError } from '../io/io-error.js';
import { Ledger } from './ledger.js';
import { makeFolder } from '../io/make-folder.js';
import { makeManifest, parseManifest, type FrozenInput, type RunManifest } from './manifest.js';
import { requireSameSpec, stageHashes } from './spec-hash.js';
import { sweepTemporaries, temporaryPath } from '../io/temporary.js';

const FOLDERS = ['windows', 'counts', 'scores', 'selection', 'logs'] as const;

export interface OpenRunOptions {
  /** Options that decide the bytes of each stage's parts. */
  stages: { windows: JsonObject; scores: JsonObject };
  versions: Record<string, string>;
  hub?: RunManifest['hub'];
  /** Lists the inputs and plans the parts. Called only when the run is new: later the frozen list is used. */
  freeze: () => Promise<{ inputs: FrozenInput[]; parts: number }>;
  fs?: FileSystem;
}

export interface Run {
  dir: string;
  manifest: RunManifest;
  /** False when the run was there already. */
  created: boolean;
  windows: Ledger;
  scores: Ledger;
}

/**
 * @throws LongattnError SPEC_CHANGED (option, old and new value), RUN_UNREADABLE, NOT_WRITABLE, DISK_FULL, ...
 */
export async function openRun(dir: string, options: OpenRunOptions): Promise<Run> {
  const fs = options.fs ?? nodeFileSystem;
  const spec = { ...options.stages.windows, ...options.stages.scores };
  let manifest = await readManifest(dir, fs);
  const created = !manifest && (await create(dir, spec, options, fs));
  manifest ??= await readManifest(dir, fs);
  if (!manifest)
    throw new LongattnError('RUN_LOST', 'environment', `${dir} was removed while the run was being started.`);
  requireSameSpec(dir, manifest.spec, spec);
  await sweep(dir, fs);
  return withLedgers(dir, manifest, created, fs);
}

/** Open a run to read from it. @throws LongattnError RUN_MISSING, RUN_UNREADABLE, RUN_FORMAT */
export async function loadRun(dir: string, fs: FileSystem = nodeFileSystem): Promise<Run> {
  const run = await findRun(dir, fs);
  if (!run)
    throw dataError('RUN_MISSING', `${dir} is no run directory: it has no run.json. Give the folder that a run wrote.`);
  return run;
}

/** The same, or undefined where no run was started. @throws LongattnError NOT_A_FOLDER, RUN_UNREADABLE, RUN_FORMAT */
export async function findRun(dir: string, fs: FileSystem = nodeFileSystem): Promise<Run | undefined> {
  const manifest = await readManifest(dir, fs);
  return manifest && withLedgers(dir, manifest, false, fs);
}

function withLedgers(dir: string, manifest: RunManifest, created: boolean, fs: FileSystem): Run {
  const ledger = (stage: 'windows' | 'scores'): Ledger => new Ledger(path.join(dir, stage), manifest.hashes[stage], fs);
  return { dir, manifest, created, windows: ledger('windows'), scores: ledger('scores') };
}

async function readManifest(dir: string, fs: FileSystem): Promise<RunManifest | undefined> {
  const file = path.join(dir, 'run.json');
  try {
    const text = await ifExists(fs.readFile(file, 'utf8'));
    return text === undefined ? undefined : parseManifest(text, file);
  } catch (error) {
    throw errorCode(error) === 'ENOTDIR' ? writeError(error, dir) : readError(error, file);
  }
}

async function create(dir: string, spec: JsonObject, options: OpenRunOptions, fs: FileSystem): Promise<boolean> {
  await makeFolders(dir, fs);
  const { inputs, parts } = await options.freeze();
  const hashes = stageHashes(
    [
      ['windows', options.stages.windows],
      ['scores', options.stages.scores],
    ],
    { inputs, parts },
  );
  const manifest = makeManifest({
    spec: spec as RunManifest['spec'],
    specHash: hashes.scores,
    hashes,
    versions: options.versions,
    ...(options.hub && { hub: options.hub }),
    inputs,
    parts,
  });
  return writeExclusively(path.join(dir, 'run.json'), `${JSON.stringify(manifest, null, 2)}\n`, fs);
}

/** Returns false when the file was there first. */
async function writeExclusively(file: string, text: string, fs: FileSystem): Promise<boolean> {
  const draft = temporaryPath(file);
  try {
    await writeTextAtomically(draft, text, fs);
    await fs.link(draft, file);
    await syncFolder(path.dirname(file), fs);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK'].includes(errorCode(error) ?? ''))
      throw writeError(error, file);
    // A file system without hard links: the last of several that start together wins, and their specs are compared all the same.
    await writeTextAtomically(file, text, fs);
    return true;
  } finally {
    await fs.rm(draft, { force: true });
  }
}

async function makeFolders(dir: string, fs: FileSystem): Promise<void> {
  try {
    for (const folder of FOLDERS) await makeFolder(path.join(dir, folder), fs);
  } catch (error) {
    throw writeError(error, dir);
  }
}

/** For whoever is about to write: the folders of a run (a copy may lack empty ones), without what killed processes left there. */
export async function sweep(dir: string, fs: FileSystem = nodeFileSystem): Promise<void> {
  await makeFolders(dir, fs);
  for (const folder of ['', ...FOLDERS]) await sweepTemporaries(path.join(dir, folder), fs);
}

/**
 * Are the input files still those that the run was started with? Needed before windows are cut and before text is exported.
 * @throws LongattnError INPUT_MISSING or INPUT_CHANGED
 */
export async function checkInputs(manifest: RunManifest, fs: FileSystem = nodeFileSystem): Promise<void> {
  for (const { path: file, bytes } of manifest.inputs) {
    const stat = await ifExists(fs.stat(file));
    if (!stat)
      throw dataError('INPUT_MISSING', `${file} is gone, but the run needs it. Put it back, or start a new run.`);
    if (stat.size === bytes) continue;
    throw dataError(
      'INPUT_CHANGED',
      `${file} has ${stat.size} bytes; the run was started with ${bytes}. Put the old file back, or start a new run.`,
    );
  }
}
