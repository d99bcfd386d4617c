// Parts that failed, with the reason: a file a failure under RUN/failed, because nothing is ever appended to a shared file.
//
// Only errors of the data are kept here. A full disk or a missing driver ends the worker that met it and says nothing of the part: so one
// broken node cannot use up the attempts of the whole queue.
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { LongattnError } from '../base/errors.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { ifExists, nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { makeFolder } from '../io/make-folder.js';

/** A part is left alone after so many failures, on so many hosts. */
const ATTEMPTS = 3;
const HOSTS = 2;

const recordSchema = z.object({
  name: z.string(),
  code: z.string(),
  message: z.string(),
  host: z.string(),
  time: z.iso.datetime(),
});
type FailureRecord = z.output<typeof recordSchema>;

export interface FailedPart {
  /** Such as scores-part-00007. */
  name: string;
  attempts: number;
  hosts: number;
  /** Of the last failure. */
  code: string;
  message: string;
  /** Nobody tries it again, until a person starts the run anew. */
  left: boolean;
}

export class Failures {
  constructor(
    /** Such as RUN/failed; made with the first failure. */
    readonly folder: string,
    private readonly fs: FileSystem = nodeFileSystem,
  ) {}

  /** @throws LongattnError of the disk */
  async add(name: string, error: unknown, host = os.hostname()): Promise<void> {
    const code = error instanceof LongattnError ? error.code : 'FAULT';
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 1000);
    const record: FailureRecord = { name, code, message, host, time: new Date().toISOString() };
    await makeFolder(this.folder, this.fs);
    const file = path.join(this.folder, `${name}.${randomBytes(6).toString('hex')}.json`);
    await writeTextAtomically(file, `${JSON.stringify(record)}\n`, this.fs);
  }

  /** The parts that failed and are not made since, by name. */
  async list(): Promise<Map<string, FailedPart>> {
    const records = new Map<string, FailureRecord[]>();
    for (const file of await this.files()) {
      const record = await this.read(file);
      if (!record) continue;
      const known = records.get(record.name);
      if (known) known.push(record);
      else records.set(record.name, [record]);
    }
    return new Map([...records].map(([name, all]) => [name, failedPart(name, all)]));
  }

  /** The part is made, or a person starts the run anew: forget what failed. @param name default: all */
  async forget(name?: string): Promise<void> {
    for (const file of await this.files()) {
      if (name === undefined || file.startsWith(`${name}.`)) {
        await this.fs.rm(path.join(this.folder, file), { force: true });
      }
    }
  }

  private async files(): Promise<string[]> {
    const names = (await ifExists(this.fs.readdir(this.folder))) ?? [];
    return names.filter((name) => /^[^.].*\.[0-9a-f]{12}\.json$/.test(name));
  }

  private async read(file: string): Promise<FailureRecord | undefined> {
    try {
      return recordSchema.parse(JSON.parse(await this.fs.readFile(path.join(this.folder, file), 'utf8')));
    } catch {
      return undefined; // another removed it, because the part is made
    }
  }
}

function failedPart(name: string, records: FailureRecord[]): FailedPart {
  records.sort((a, b) => (a.time < b.time ? -1 : 1));
  const { code, message } = records.at(-1)!;
  const hosts = new Set(records.map(({ host }) => host)).size;
  const left = records.length >= ATTEMPTS && hosts >= HOSTS;
  return { name, attempts: records.length, hosts, code, message, left };
}
