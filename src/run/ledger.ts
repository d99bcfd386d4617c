// The ledger of one stage's folder: NAME.arrow counts as done only when NAME.done.json beside it describes exactly these bytes.
//
// A part that is not as its ledger says is redone by the stage that makes it (the bytes will be the same again) and is an error
// for a stage that only reads it. Both say which file it was.
import path from 'node:path';
import { z } from 'zod';
import { dataError } from '../base/errors.js';
import { mapOrdered } from '../base/map-ordered.js';
import { canonicalJson, hashJson } from '../io/canonical-json.js';
import { writeTextAtomically, type Written } from '../io/atomic-file.js';
import { ifExists, nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { hashFile } from '../io/hash-file.js';
import { readError } from '../io/io-error.js';

const count = z.int().min(0);
/** As src/windows/counts.ts has them: one that is missing would be summed up as NaN. */
const domainCounts = z.strictObject({
  ...{ documents: count, tokens: count, windows: count },
  ...{ shortDocuments: count, shortTokens: count, longestShort: count },
});

const recordFields = z.strictObject({
  rows: count,
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  specHash: z.string(),
  /** What happened on the way, by name: documents, tokens, rejected rows. */
  counts: z.record(z.string(), count),
  /** The same by domain. A list, because a domain may have any name. */
  domains: z.array(z.strictObject({ domain: z.string(), counts: domainCounts })).optional(),
  /** Of the documents' text that the part was made from (src/windows/document-text.ts); absent where there was none. */
  digest: z.string().optional(),
  /** Of the rest of this entry: counts that were changed may still add up. Entries of earlier versions have none. */
  entrySha256: z.string().optional(),
});

/** What the part holds is what its domains hold together. */
const recordSchema = recordFields
  .refine(({ entrySha256, ...rest }) => entrySha256 === undefined || entrySha256 === hashJson(rest))
  .refine(
    ({ counts, domains }) =>
      domains === undefined ||
      (['documents', 'tokens', 'windows'] as const).every(
        (name) => counts[name] === domains.reduce((sum, domain) => sum + domain.counts[name], 0),
      ),
  );

export type LedgerRecord = z.output<typeof recordSchema>;

/** What the maker of a part says of it. */
export type LedgerEntry = Pick<LedgerRecord, 'rows' | 'counts' | 'domains' | 'digest'>;

export type LedgerState =
  { status: 'done'; record: LedgerRecord } | { status: 'missing' } | { status: 'changed'; reason: string };

/** How much of a finished part is looked at: its size, or (a pass over the file) its sha256. */
export type LedgerCheck = 'size' | 'sha256';

/** Above so many parts a stage's folder has folders of FOLDER_PARTS parts each: file systems are slow in larger ones. */
export const FLAT_PARTS = 4096;
export const FOLDER_PARTS = 1024;

export const partName = (part: number): string => `part-${String(part).padStart(5, '0')}`;

const INSPECTED_AT_ONCE = 32;

export class Ledger {
  /**
   * @param folder of the stage, such as RUN/scores
   * @param specHash of the stage: a part with another hash does not belong to this run
   * @param parts of the run, where they lie in folders (`inFolders`); 0: they lie side by side
   */
  constructor(
    readonly folder: string,
    readonly specHash: string,
    readonly fs: FileSystem = nodeFileSystem,
    private readonly parts = 0,
  ) {}

  /** Path of the Arrow file of a part (or segment). */
  file(name: string): string {
    return this.path(name, '.arrow');
  }

  doneFile(name: string): string {
    return this.path(name, '.done.json');
  }

  /** Path of what lies beside the Arrow file of a part under its name. */
  path(name: string, ending: string): string {
    const number = this.parts > 0 ? /^part-(\d+)/.exec(name)?.[1] : undefined;
    return path.join(this.folder, number === undefined ? '' : folderOf(Number(number)), `${name}${ending}`);
  }

  /** A ledger of the same parts, in a folder of its own in the same run. */
  beside(stage: string, specHash: string): Ledger {
    return new Ledger(path.join(path.dirname(this.folder), stage), specHash, this.fs, this.parts);
  }

  /** The folders that hold parts. */
  folders(): string[] {
    const inside = Array.from({ length: Math.ceil(this.parts / FOLDER_PARTS) }, (_, at) => folderOf(at * FOLDER_PARTS));
    return this.parts > 0 ? inside.map((name) => path.join(this.folder, name)) : [this.folder];
  }

  /** The parts that have an entry, as the folders list them: nothing is opened, so nothing is proved. */
  async listed(): Promise<Set<number>> {
    const found = new Set<number>();
    for (const folder of this.folders()) {
      for (const name of (await ifExists(this.fs.readdir(folder))) ?? []) {
        const part = /^part-(\d+)\.done\.json$/.exec(name)?.[1];
        if (part !== undefined) found.add(Number(part));
      }
    }
    return found;
  }

  /** `inspect` of many, several at a time: on a network disk each is a round trip. */
  inspectAll(names: readonly string[], check?: LedgerCheck): AsyncGenerator<LedgerState, void, undefined> {
    return mapOrdered(from(names), (name) => this.inspect(name, check), {
      ...{ concurrency: INSPECTED_AT_ONCE, maxWeight: INSPECTED_AT_ONCE },
      weigh: () => 1,
    });
  }

  /** Enter a file that is in place under its final name. Last step of a part, atomic. */
  async commit(name: string, written: Written, entry: LedgerEntry): Promise<LedgerRecord> {
    const said = { ...written, ...entry, specHash: this.specHash };
    const record: LedgerRecord = { ...said, entrySha256: hashJson(said) };
    await writeTextAtomically(this.doneFile(name), `${canonicalJson(record)}\n`, this.fs);
    return record;
  }

  async inspect(name: string, check: LedgerCheck = 'sha256'): Promise<LedgerState> {
    const text = await this.#read(this.doneFile(name));
    if (text === undefined) return { status: 'missing' };
    const record = parseRecord(text);
    if (!record) return { status: 'changed', reason: `${this.doneFile(name)} cannot be read as a ledger entry` };
    const file = this.file(name);
    if (record.specHash !== this.specHash)
      return { status: 'changed', reason: `${file} was made by a run with other settings` };
    const stat = await ifExists(this.fs.stat(file));
    if (!stat) return { status: 'changed', reason: `${file} is gone although its ledger entry is there` };
    if (stat.size !== record.bytes) {
      return { status: 'changed', reason: `${file} has ${stat.size} bytes, its ledger entry says ${record.bytes}` };
    }
    if (check === 'sha256' && (await hashFile(file, this.fs)) !== record.sha256) {
      return {
        status: 'changed',
        reason: `the bytes of ${file} were changed: its sha256 is not the one in its ledger entry`,
      };
    }
    return { status: 'done', record };
  }

  /**
   * The entry of a part that must be there and unchanged.
   * @throws LongattnError PART_MISSING or PART_CHANGED
   */
  async require(name: string, check: LedgerCheck = 'sha256'): Promise<LedgerRecord> {
    const state = await this.inspect(name, check);
    if (state.status === 'done') return state.record;
    if (state.status === 'missing') {
      throw dataError('PART_MISSING', `${this.file(name)} is not done. Run the stage that makes it first.`);
    }
    throw dataError('PART_CHANGED', `${state.reason}. Run the stage that makes it again: only this part is redone.`);
  }

  /** Remove a part and its entry; the entry goes first, so that a crash in between leaves no entry without a file. */
  async remove(name: string): Promise<void> {
    await this.fs.rm(this.doneFile(name), { force: true });
    await this.fs.rm(this.file(name), { force: true });
  }

  async #read(file: string): Promise<string | undefined> {
    try {
      return await ifExists(this.fs.readFile(file, 'utf8'));
    } catch (error) {
      throw readError(error, file);
    }
  }
}

const folderOf = (part: number): string => String(Math.floor(part / FOLDER_PARTS)).padStart(2, '0');

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function parseRecord(text: string): LedgerRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // the caller reports it with the file's name
  }
}
