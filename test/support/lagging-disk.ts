// A network disk in memory, on whatever clock `Date` shows: what one process writes others see up to a minute late, each at its own time,
// and of two that create a file at once both may believe that it is theirs.
//
// A process that is stopped gets no answer until it goes on; one that is dead never does. What is created is folded into `whole` at
// once: that is what the server has.
import type { Stats } from 'node:fs';
import path from 'node:path';
import type { FileSystem } from '../../src/io/file-system.js';
import { systemError } from './faulty-fs.js';

/** What a file was from `at` on; no bytes: it was removed. */
interface Version {
  at: number;
  by: number;
  bytes: Buffer | undefined;
}

export class LaggingDisk {
  private readonly files = new Map<string, Version[]>();
  /** When a stopped process goes on; Infinity: never. */
  readonly stoppedUntil = new Map<number, number>();
  /** How often two had created one file. */
  believedTwice = 0;

  /** @param lag milliseconds after which a process sees a version that is not its own, drawn for each of the two */
  constructor(private readonly lag: (file: string, version: number, reader: number) => number) {}

  /** The bytes on the server. */
  whole(file: string): Buffer | undefined {
    return this.files.get(file)?.at(-1)?.bytes;
  }

  /** The disk as process `who` sees it. */
  view(who: number): FileSystem {
    const answer = async <T>(action: () => T): Promise<T> => {
      for (;;) {
        const until = this.stoppedUntil.get(who) ?? 0;
        if (until === Infinity) await new Promise(() => undefined);
        if (until <= Date.now()) return action();
        await new Promise((resolve) => setTimeout(resolve, until - Date.now()));
      }
    };
    const bytesOf = (file: string): Version & { bytes: Buffer } => {
      const found = this.seen(file, who);
      if (!found?.bytes) throw systemError('ENOENT', file);
      return found as Version & { bytes: Buffer };
    };
    const write = (file: string, bytes: Buffer | undefined): void => {
      const versions = this.files.get(file) ?? [];
      if (versions.length === 0) this.files.set(file, versions);
      versions.push({ at: Date.now(), by: who, bytes });
    };
    const open = (file: string, flags: string): unknown => {
      if (flags === 'r') return { sync: () => answer(() => undefined), close: async () => undefined };
      if (flags === 'wx') {
        if (this.seen(file, who)?.bytes) throw systemError('EEXIST', file);
        if (this.whole(file)) this.believedTwice++;
        write(file, Buffer.alloc(0));
      } else bytesOf(file);
      return {
        write: (bytes: Uint8Array, from: number, length: number, at?: number) =>
          answer(() => {
            const old = this.seen(file, who)?.bytes ?? Buffer.alloc(0);
            const start = at ?? old.length;
            write(file, Buffer.concat([old.subarray(0, start), bytes.subarray(from, from + length)]));
            return { bytesWritten: length };
          }),
        sync: () => answer(() => undefined),
        close: async () => undefined,
      };
    };
    const disk = {
      open: (file: string, flags: string) => answer(() => open(file, flags)),
      mkdir: () => answer(() => undefined),
      readFile: (file: string) => answer(() => bytesOf(file).bytes.toString('utf8')),
      readdir: (folder: string) =>
        answer(() => [...this.files.keys()].flatMap((file) => this.nameIn(folder, file, who) ?? [])),
      rename: (from: string, to: string) => answer(() => (write(to, bytesOf(from).bytes), write(from, undefined))),
      rm: (file: string) => answer(() => void (this.seen(file, who)?.bytes && write(file, undefined))),
      stat: (file: string) =>
        answer(() => {
          const { at, bytes } = bytesOf(file);
          return { mtimeMs: at, size: bytes.length, isDirectory: () => false } as Stats;
        }),
    };
    return disk as unknown as FileSystem;
  }

  private nameIn(folder: string, file: string, who: number): string | undefined {
    return path.dirname(file) === folder && this.seen(file, who)?.bytes ? path.basename(file) : undefined;
  }

  private seen(file: string, who: number): Version | undefined {
    return this.files
      .get(file)
      ?.findLast(({ at, by }, version) => by === who || Date.now() >= at + this.lag(file, version, who));
  }
}
