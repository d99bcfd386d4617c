// Who is at work on what: a plain file a piece of work, created exclusively and written again every minute.
//
// Leases are advisory. Parts are byte-identical whoever makes them, so a lease that is lost, late or taken twice costs double work and
// never a byte: that is why a network disk that shows files late is good enough, and no lock is needed. Ages are measured on the file
// system's own clock (a file is written and compared), because clocks of machines differ.
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { errorCode, ifExists, nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { writeError } from '../io/io-error.js';
import { makeFolder } from '../io/make-folder.js';
import { isDead, processPlace } from '../io/temporary.js';

/** A holder writes so often, and is taken for dead when it has not for STALE_MS. A network disk shows times up to a minute late. */
const BEAT_MS = 60_000;
const STALE_MS = 600_000;
/** A beat overwrites the file in place, so the record has one size. */
const RECORD_BYTES = 512;

const recordSchema = z.object({
  /** Of this one lease: how a holder sees that another has taken it over. */
  id: z.string(),
  host: z.string(),
  /** As src/io/temporary.ts names it: whether `pid` can be asked for. */
  place: z.string(),
  pid: z.int(),
  /** Of the scheduler, where there is one. */
  job: z.string().optional(),
  started: z.iso.datetime(),
  /** How fast the holder is, once it knows. */
  tokensPerSecond: z.number().optional(),
});

export type LeaseRecord = z.output<typeof recordSchema>;

export interface LeaseView {
  name: string;
  /** Undefined where it cannot be read, as in the moment of its creation. */
  record: LeaseRecord | undefined;
  /** Since its holder last wrote, on the clock of the file system. */
  ageMs: number;
  /** Since it was taken. */
  heldMs: number;
  stale: boolean;
}

export interface Lease {
  readonly name: string;
  /** Give it back. Never fails: what stays goes stale. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  fs?: FileSystem;
  beatMs?: number;
  staleMs?: number;
}

export class Leases implements AsyncDisposable {
  /** Written into every lease from the next beat on. */
  tokensPerSecond: number | undefined;
  private readonly fs: FileSystem;
  private readonly staleMs: number;
  private readonly beatMs: number;
  private readonly held = new Map<string, LeaseRecord>();
  private timer: NodeJS.Timeout | undefined;

  /** @param folder such as RUN/leases; made when the first lease is taken */
  constructor(
    readonly folder: string,
    options: LeaseOptions = {},
  ) {
    this.fs = options.fs ?? nodeFileSystem;
    this.beatMs = options.beatMs ?? BEAT_MS;
    this.staleMs = options.staleMs ?? STALE_MS;
  }

  /**
   * @returns undefined where another holds it
   * @throws LongattnError NOT_WRITABLE, DISK_FULL, ...
   */
  async take(name: string): Promise<Lease | undefined> {
    const record: LeaseRecord = {
      id: randomBytes(8).toString('hex'),
      ...{ host: os.hostname(), place: processPlace(), pid: process.pid, started: new Date().toISOString() },
      ...jobOf(process.env),
    };
    try {
      if (!(await this.create(name, record))) return undefined;
    } catch (error) {
      throw writeError(error, this.file(name));
    }
    this.held.set(name, record);
    this.timer ??= setInterval(() => void this.beat(), this.beatMs).unref();
    return { name, release: () => this.release(name, record) };
  }

  /** Take a lease whose holder is dead. Of two that do so at once both may get it: see above. */
  async takeOver(name: string): Promise<Lease | undefined> {
    await this.fs.rm(this.file(name), { force: true });
    return this.take(name);
  }

  /** What is leased, by a single look at the folder. */
  async names(): Promise<string[]> {
    const names = (await ifExists(this.fs.readdir(this.folder))) ?? [];
    return names.flatMap((file) => /^(?!\.)(.+)\.json$/.exec(file)?.[1] ?? []);
  }

  /** The leases that can be seen. Those of other processes may be shown late. @param names default: all */
  async list(names?: readonly string[]): Promise<LeaseView[]> {
    const leases = names ?? (await this.names());
    if (leases.length === 0) return [];
    const now = await this.now();
    const views = await Promise.all(leases.map((name) => this.view(name, now)));
    return views.flatMap((view) => view ?? []);
  }

  /** Remove those whose holders are dead. */
  async sweep(): Promise<void> {
    for (const { name, stale } of await this.list()) {
      if (stale) await this.fs.rm(this.file(name), { force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [name, record] of [...this.held]) await this.release(name, record);
  }

  private file(name: string): string {
    return path.join(this.folder, `${name}.json`);
  }

  private async create(name: string, record: LeaseRecord): Promise<boolean> {
    try {
      await writeNew(this.fs, this.file(name), pad(record));
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    await makeFolder(this.folder, this.fs);
    return this.create(name, record);
  }

  private async release(name: string, record: LeaseRecord): Promise<void> {
    if (this.held.get(name) !== record) return;
    this.held.delete(name);
    if (this.held.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    const found = await this.read(name).catch(() => undefined);
    if (found?.id === record.id) await this.fs.rm(this.file(name), { force: true }).catch(() => undefined);
  }

  /** A process that was stopped for long may find that another holds its lease now: it stays that one's. */
  private async beat(): Promise<void> {
    for (const [name, record] of [...this.held]) {
      try {
        if ((await this.read(name))?.id !== record.id) continue;
        const now = { ...record, ...(this.tokensPerSecond && { tokensPerSecond: this.tokensPerSecond }) };
        await overwrite(this.fs, this.file(name), pad(now));
      } catch {
        // It is advisory: a beat that cannot be written costs double work at worst.
      }
    }
  }

  private async read(name: string): Promise<LeaseRecord | undefined> {
    const text = await ifExists(this.fs.readFile(this.file(name), 'utf8'));
    try {
      return recordSchema.parse(JSON.parse(text ?? ''));
    } catch {
      return undefined;
    }
  }

  private async view(name: string, now: number): Promise<LeaseView | undefined> {
    const stat = await ifExists(this.fs.stat(this.file(name)));
    if (!stat) return undefined;
    const record = await this.read(name);
    const ageMs = Math.max(0, now - stat.mtimeMs);
    const heldMs = record ? Math.max(0, Date.now() - Date.parse(record.started)) : ageMs;
    const dead = record !== undefined && isDead(record.place, record.pid);
    return { name, record, ageMs, heldMs, stale: dead || ageMs > this.staleMs };
  }

  /** Milliseconds on the clock that stamps the files of this folder. */
  private async now(): Promise<number> {
    const file = path.join(this.folder, `.clock-${processPlace()}-${process.pid}`);
    try {
      await writeNew(this.fs, file, Buffer.from('.'));
      return (await this.fs.stat(file)).mtimeMs;
    } catch {
      return Date.now(); // a disk that is only read, as `status` may find it
    } finally {
      await this.fs.rm(file, { force: true }).catch(() => undefined);
    }
  }
}

/** The scheduler's name of this job, so that a person finds it there. */
function jobOf(env: NodeJS.ProcessEnv): { job?: string } {
  const array = env['SLURM_ARRAY_JOB_ID'] && `${env['SLURM_ARRAY_JOB_ID']}_${env['SLURM_ARRAY_TASK_ID']}`;
  const job = array ?? env['SLURM_JOB_ID'] ?? env['JOB_COMPLETION_INDEX'] ?? env['RAY_JOB_ID'];
  return job === undefined ? {} : { job: job.slice(0, 64) };
}

/** A name may have any length, a lease not. */
function pad(record: LeaseRecord): Buffer {
  const text = JSON.stringify({ ...record, host: record.host.slice(0, 64) });
  return Buffer.from(text.padEnd(RECORD_BYTES - 1) + '\n');
}

async function writeNew(fs: FileSystem, file: string, bytes: Buffer): Promise<void> {
  const handle = await fs.open(file, 'wx');
  try {
    await handle.write(bytes, 0, bytes.length);
  } finally {
    await handle.close();
  }
}

async function overwrite(fs: FileSystem, file: string, bytes: Buffer): Promise<void> {
  const handle = await fs.open(file, 'r+');
  try {
    await handle.write(bytes, 0, bytes.length, 0);
  } finally {
    await handle.close();
  }
}
