// Open a run directory: start it, or join it when it is there (resume, another shard, another machine on a shared disk).
//
// run.json appears by a hard link, which fails when the name exists: of several processes that start together exactly one wins,
// and the others compare themselves with it as a resume would. Before that one of them plans, which may mean to read the corpus, and the
// others wait for it (a lease, so that its death does not leave them waiting).
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { dataError, LongattnError } from '../base/errors.js';
import type { JsonObject } from '../io/canonical-json.js';
import { errorCode, ifExists, nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { readError, writeError } from '../io/io-error.js';
import { Failures } from './failures.js';
import { FLAT_PARTS, Ledger } from './ledger.js';
import { Leases, type LeaseOptions } from './leases.js';
import { makeFolder } from '../io/make-folder.js';
import { makeManifest, parseManifest, type FrozenInput, type RunManifest } from './manifest.js';
import { requireSameSpec, stageHashes } from './spec-hash.js';
import { sweepTemporaries } from '../io/temporary.js';
import { writeExclusively } from '../io/write-exclusively.js';
import { isAddress } from '../storage/address.js';
import type { StoredFile } from '../storage/storage.js';
import { statFile } from '../storage/storages.js';

const FOLDERS = ['windows', 'counts', 'documents', 'scores', 'selection', 'logs'] as const;
const foldersOf = (spec: JsonObject): string[] => FOLDERS.filter((folder) => folder !== 'scores' || isScored({ spec }));
/** The lease of whoever plans. */
const PLANNING = 'planning';
const PLAN_POLL_MS = 500;

export interface OpenRunOptions {
  /** Options that decide the bytes of each stage's parts. */
  stages: { windows: JsonObject; scores: JsonObject };
  versions: Record<string, string>;
  hub?: RunManifest['hub'];
  tokenizerHub?: RunManifest['tokenizerHub'];
  /** The folder that relative paths are of. */
  root?: string;
  /** Lists the inputs, plans the parts, keeps the plan. Called only when the run is new: later the frozen list is used. */
  freeze: () => Promise<{ inputs: FrozenInput[]; parts: number }>;
  /** False: leave what killed processes left to others. A sweep lists every folder. Default true. */
  sweep?: boolean;
  /** How leases are kept, for tests. */
  leases?: LeaseOptions;
  signal?: AbortSignal | undefined;
  fs?: FileSystem;
}

export interface Run {
  dir: string;
  manifest: RunManifest;
  /** False when the run was there already. */
  created: boolean;
  windows: Ledger;
  scores: Ledger;
  leases: Leases;
  failures: Failures;
}

/**
 * @throws LongattnError SPEC_CHANGED (option, old and new value), RUN_UNREADABLE, NOT_WRITABLE, DISK_FULL, ...
 */
export async function openRun(dir: string, options: OpenRunOptions): Promise<Run> {
  const fs = options.fs ?? nodeFileSystem;
  const spec = { ...options.stages.windows, ...options.stages.scores };
  let manifest = await readManifest(dir, fs);
  let created = false;
  if (!manifest) ({ manifest, created } = await planOnce(dir, spec, options, fs));
  requireSameSpec(dir, manifest.spec, spec);
  await makeFolders(dir, spec, fs);
  const run = withLedgers(dir, manifest, created, fs, options.leases);
  if (options.sweep ?? true) await sweep(run);
  return run;
}

/** One of those that find no run.json plans; the others wait for it. */
async function planOnce(
  dir: string,
  spec: JsonObject,
  options: OpenRunOptions,
  fs: FileSystem,
): Promise<{ manifest: RunManifest; created: boolean }> {
  const wasThere = (await ifExists(fs.stat(dir)).catch(() => undefined)) !== undefined;
  await makeFolders(dir, spec, fs);
  const leases = new Leases(path.join(dir, 'leases'), { fs, ...options.leases });
  let created = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const manifest = await readManifest(dir, fs);
    if (manifest) return { manifest, created };
    if (created) {
      throw new LongattnError('RUN_LOST', `${dir} was removed while the run was being started.`);
    }
    const dead = (await leases.list()).some(({ name, stale }) => name === PLANNING && stale);
    const lease = await (dead ? leases.takeOver(PLANNING) : leases.take(PLANNING));
    if (!lease) await setTimeout(PLAN_POLL_MS * (0.5 + Math.random()));
    else {
      try {
        created = !(await readManifest(dir, fs)) && (await create(dir, spec, options, fs));
      } catch (error) {
        await lease.release();
        await removeEmptyFolders(wasThere ? [...FOLDERS, 'leases'] : [...FOLDERS, 'leases', ''], dir, fs);
        throw error;
      }
      await lease.release();
    }
  }
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
  return manifest && withLedgers(dir, manifest, false, fs, {});
}

function withLedgers(
  dir: string,
  manifest: RunManifest,
  created: boolean,
  fs: FileSystem,
  leases: LeaseOptions = {},
): Run {
  const ledger = (stage: 'windows' | 'scores'): Ledger =>
    new Ledger(path.join(dir, stage), manifest.hashes[stage], fs, inFolders(manifest));
  return {
    ...{ dir, manifest, created, windows: ledger('windows'), scores: ledger('scores') },
    leases: new Leases(path.join(dir, 'leases'), { fs, ...leases }),
    failures: new Failures(path.join(dir, 'failed'), fs),
  };
}

/** Has the run a model? Without one it has windows and counts, and no scores. */
export function isScored({ spec }: { spec: JsonObject }): boolean {
  return spec['model'] !== undefined;
}

/** Of the stages that the run has, in their order: the last one's parts are the last to be done. */
export function ledgersOf({ manifest, windows, scores }: Run): [Ledger, ...Ledger[]] {
  return isScored(manifest) ? [windows, scores] : [windows];
}

/** How many parts lie in folders: all, or none. */
function inFolders({ format, parts }: Pick<RunManifest, 'format' | 'parts'>): number {
  return format >= 2 && parts > FLAT_PARTS ? parts : 0;
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
    ...(options.tokenizerHub && { tokenizerHub: options.tokenizerHub }),
    ...(options.root !== undefined && { root: options.root }),
    inputs,
    parts,
  });
  for (const folder of ledgersOf(withLedgers(dir, manifest, true, fs)).flatMap((ledger) => ledger.folders())) {
    await makeFolder(folder, fs);
  }
  return writeExclusively(path.join(dir, 'run.json'), `${JSON.stringify(manifest, null, 2)}\n`, fs);
}

async function makeFolders(dir: string, spec: JsonObject, fs: FileSystem): Promise<void> {
  try {
    for (const folder of foldersOf(spec)) await makeFolder(path.join(dir, folder), fs);
  } catch (error) {
    throw writeError(error, dir);
  }
}

/** A run that could not be started leaves nothing. What is in use by another stays: it is not empty. */
async function removeEmptyFolders(folders: readonly string[], dir: string, fs: FileSystem): Promise<void> {
  for (const folder of folders) await fs.rmdir(path.join(dir, folder)).catch(() => undefined);
}

/** For whoever is about to write: the folders of a run (a copy may lack empty ones), without what killed processes left there. */
export async function sweep(run: Run): Promise<void> {
  const { dir, manifest } = run;
  const { fs } = run.windows;
  const own = ['', ...foldersOf(manifest.spec)].map((folder) => path.join(dir, folder));
  const parts = ledgersOf(run).flatMap((ledger) => ledger.folders());
  await makeFolders(dir, manifest.spec, fs);
  for (const folder of new Set([...own, ...parts])) await sweepTemporaries(folder, fs);
  await run.leases.sweep();
}

/**
 * The folder that relative paths of a run are of: where it was started, so that a job may start anywhere. On a machine that has no such
 * folder it is the one where the command was called.
 */
export async function rootOf({ root }: Pick<RunManifest, 'root'>, fs: FileSystem = nodeFileSystem): Promise<string> {
  if (root === undefined) return process.cwd();
  const found = await ifExists(fs.stat(root)).catch(() => undefined);
  return found?.isDirectory() ? root : process.cwd();
}

/**
 * Are the input files still those that the run was started with? Needed before windows are cut and before text is exported.
 * @throws LongattnError INPUT_MISSING or INPUT_CHANGED
 */
export async function checkInputs(manifest: RunManifest, fs: FileSystem = nodeFileSystem): Promise<void> {
  const root = await rootOf(manifest, fs);
  const local = async (file: string) => {
    const found = await ifExists(fs.stat(path.resolve(root, file)));
    return found && { path: file, bytes: found.size };
  };
  for (const { path: file, bytes, etag } of manifest.inputs) {
    const found: StoredFile | undefined = await (isAddress(file) ? statFile(file) : local(file));
    if (!found)
      throw dataError('INPUT_MISSING', `${file} is gone, but the run needs it. Put it back, or start a new run.`);
    if (found.bytes === bytes && found.etag === etag) continue;
    const [is, was] = found.bytes === bytes ? [`the tag ${found.etag}`, etag] : [`${found.bytes} bytes`, bytes];
    throw dataError(
      'INPUT_CHANGED',
      `${file} has ${is}; the run was started with ${was}. Put the old file back, or start a new run.`,
    );
  }
}
