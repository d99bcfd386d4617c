// The evidence folder of a run: what it was started with, and a ledger for each kind of part. Killed work goes on from here.
import path from 'node:path';
import { dataError } from '../base/errors.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { hashJson, type JsonObject } from '../io/canonical-json.js';
import { ifExists, nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { writeError } from '../io/io-error.js';
import { Ledger } from '../run/ledger.js';
import { requireSameSpec } from '../run/spec-hash.js';
import { sweepTemporaries } from '../io/temporary.js';

/** 2: repeats and near-duplicates stand beside the cases, gzip packs ids otherwise, losses of some controls. */
const FORMAT = 2;
const FOLDERS = ['cases', 'scores', 'losses', 'statistics', 'peers'] as const;

export interface EvidenceStore {
  dir: string;
  /** Windows to be scored (windows table) and what is known of them without a model (facts). */
  cases: Ledger;
  scores: Ledger;
  losses: Ledger;
  /** Attention statistics of the windows of a part of losses, for the scores to take. */
  statistics: Ledger;
  /** Scores of others, a part a few windows of one of them. */
  peers: Ledger;
}

/**
 * Start or join `dir`.
 * @param spec everything that decides a value: seed, sample size, controls, layers, k, model, the windows they are drawn from
 * @throws LongattnError SPEC_CHANGED naming the option, EVIDENCE_UNREADABLE, or of the disk
 */
export async function openStore(
  dir: string,
  spec: JsonObject,
  fs: FileSystem = nodeFileSystem,
): Promise<EvidenceStore> {
  const file = path.join(dir, 'evidence.json');
  const hash = hashJson(spec);
  try {
    for (const folder of FOLDERS) await fs.mkdir(path.join(dir, folder), { recursive: true });
  } catch (error) {
    throw writeError(error, dir);
  }
  const text = await ifExists(fs.readFile(file, 'utf8'));
  if (text === undefined) await writeTextAtomically(file, `${JSON.stringify({ format: FORMAT, spec }, null, 2)}\n`, fs);
  else requireSameSpec(dir, parse(text, file), spec);
  for (const folder of ['', ...FOLDERS]) await sweepTemporaries(path.join(dir, folder), fs);
  const ledger = (folder: string): Ledger => new Ledger(path.join(dir, folder), hash, fs);
  return {
    dir,
    ...{ cases: ledger('cases'), scores: ledger('scores'), losses: ledger('losses') },
    ...{ statistics: ledger('statistics'), peers: ledger('peers') },
  };
}

function parse(text: string, file: string): JsonObject {
  try {
    const parsed = JSON.parse(text) as { format?: unknown; spec?: JsonObject };
    if (parsed.format === FORMAT && parsed.spec) return parsed.spec;
  } catch {
    // Told below, with the file's name.
  }
  throw dataError('EVIDENCE_UNREADABLE', `${file} is no description of this version. Give another output folder.`);
}
