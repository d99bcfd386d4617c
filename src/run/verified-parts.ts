// Which parts were found to be as their ledger says, so that a part is hashed once and not at every selection: 10 million windows
// of 9 heads are 96 GB.
//
// A part counts as the same while its size, inode and times are (as git does it). What is remembered belongs to one machine and may be
// lost, so it lies among the logs; a file that was changed a moment ago is not remembered: a second change could bear the same time.
import path from 'node:path';
import { z } from 'zod';
import { writeTextAtomically } from '../io/atomic-file.js';
import { ifExists } from '../io/file-system.js';
import type { Ledger, LedgerCheck, LedgerRecord } from './ledger.js';

const SETTLED_MS = 2000;

const memorySchema = z.record(z.string(), z.object({ sha256: z.string(), place: z.string() }));
type Memory = z.output<typeof memorySchema>;

/**
 * The entries of parts that must be there and unchanged.
 *
 * @param check default: the sha256 of those parts that were changed or never looked at
 * @throws LongattnError PART_MISSING or PART_CHANGED
 */
export async function requireVerified(
  ledger: Ledger,
  names: readonly string[],
  check?: LedgerCheck,
  signal?: AbortSignal,
): Promise<LedgerRecord[]> {
  const file = path.join(path.dirname(ledger.folder), 'logs', `verified-${path.basename(ledger.folder)}.json`);
  const before = check === undefined ? await recall(file, ledger) : {};
  const after: Memory = {};
  const records: LedgerRecord[] = [];
  for (const name of names) {
    signal?.throwIfAborted();
    const seen = check === undefined ? await placeOf(ledger, name) : undefined;
    const known = seen !== undefined && before[name]?.place === seen.place ? before[name].sha256 : undefined;
    let record = await ledger.require(name, known === undefined ? check : 'size');
    if (known !== undefined && known !== record.sha256) record = await ledger.require(name, 'sha256');
    if (seen?.settled) after[name] = { sha256: record.sha256, place: seen.place };
    records.push(record);
  }
  if (check === undefined && JSON.stringify(after) !== JSON.stringify(before)) await remember(file, after, ledger);
  return records;
}

/** The file as the system knows it, without its bytes. */
async function placeOf(ledger: Ledger, name: string): Promise<{ place: string; settled: boolean } | undefined> {
  const stat = await ifExists(ledger.fs.stat(ledger.file(name)));
  if (!stat) return undefined;
  const { size, ino, mtimeMs, ctimeMs } = stat;
  return {
    place: [size, ino, mtimeMs, ctimeMs].join(' '),
    settled: Date.now() - Math.max(mtimeMs, ctimeMs) > SETTLED_MS,
  };
}

/** Nothing where the file is gone or damaged: then all is hashed again. */
async function recall(file: string, { fs }: Ledger): Promise<Memory> {
  try {
    return memorySchema.parse(JSON.parse((await ifExists(fs.readFile(file, 'utf8'))) ?? '{}'));
  } catch {
    return {};
  }
}

async function remember(file: string, memory: Memory, { fs }: Ledger): Promise<void> {
  try {
    await writeTextAtomically(file, `${JSON.stringify(memory)}\n`, fs);
  } catch {
    // It only saves time.
  }
}
