// The plan of a run: its files, and the parts of its work. From the inputs alone, so that the number of workers, shards and
// interruptions cannot change a byte of the result.
//
// A part has 4 MiB of text. Of a large corpus so many of these make one part that the number of parts grows with the root of the text:
// 36 billion tokens are 11,500 parts of 12 MiB, a trillion 65,536 of 64 MiB. A part stays minutes of work, and a run fits a quota of files.
import { MAX_PARTS } from '../base/part-count.js';
import { cutInput, refusedCut, type Cut, type InputSlice, type RefusedSlice } from './cut-input.js';
import type { InputFile, UnpackOptions } from './format.js';
import { listInputFiles, type InputPatterns } from './input-files.js';

export type { InputSlice, RefusedSlice } from './cut-input.js';
export type { InputFile } from './format.js';
export type { InputPatterns } from './input-files.js';

/** Parts up to which a part has PART_BYTES. */
const SMALL_PARTS = 4096;

/** Text of a part, in bytes: about a million tokens, minutes of work, and so little to lose when a run is killed. */
export const PART_BYTES = 4 << 20;

export interface InputPart {
  part: number;
  slices: InputSlice[];
}

/** Plain JSON. */
export interface InputPlan {
  /** For run.json: a run whose files have changed must not go on. */
  files: InputFile[];
  parts: InputPart[];
  /** Files in the folders given that are of no known format: nobody reads them. */
  skipped: string[];
  /** Files that are broken or not there, as far as the plan can tell; slices that are refused stand for them. */
  refused: RefusedSlice[];
}

export interface PlanOptions extends UnpackOptions {
  /**
   * Rows of each domain to take, in the order of its files; refused rows count. Rows whose domain is a field count as one
   * domain, because it is not known before they are read.
   */
  limit?: number | undefined;
  /** Names the domain of files given without one. */
  domainField?: string | undefined;
  /** For tests: default PART_BYTES. Another value gives other parts. */
  partBytes?: number;
  signal?: AbortSignal | undefined;
}

/**
 * @throws LongattnError INPUT_NOT_FOUND, INPUT_FORMAT, INPUT_IN_TWO_DOMAINS, DOMAIN_MISSING, INPUT_UNREADABLE; the signal's reason
 */
export async function planInputs(inputs: readonly InputPatterns[], options: PlanOptions = {}): Promise<InputPlan> {
  const { limit = Infinity, partBytes = PART_BYTES, signal, domainField, zstdWindow } = options;
  const { files, skipped, lost } = await listInputFiles(inputs, domainField);
  const left = new Map<string | undefined, number>();
  const packer = new PartPacker(partBytes);
  const refused: RefusedSlice[] = [];
  const add = (cut: Cut): void => {
    packer.add(cut);
    if (cut.slice.format === 'refused' && !cut.slice.isEmpty) refused.push(cut.slice);
  };
  for (const file of files) {
    const rows = left.get(file.domain) ?? limit;
    if (rows === 0) continue;
    let taken = 0;
    for await (const cut of cutInput(file, { target: partBytes, limit: rows, zstdWindow })) {
      signal?.throwIfAborted();
      taken += cut.rows;
      add(cut);
    }
    left.set(file.domain, rows - taken);
  }
  for (const { path, reason } of lost) add(refusedCut(path, reason, 0));
  return { files, parts: fewerParts(packer.finish()), skipped, refused };
}

/** Neighbours together, so many that the number of parts stays in bounds; up to SMALL_PARTS it is what it was. */
export function fewerParts(parts: InputPart[]): InputPart[] {
  const size = Math.ceil(Math.max(Math.sqrt(parts.length / SMALL_PARTS), parts.length / MAX_PARTS));
  if (size <= 1) return parts;
  return Array.from({ length: Math.ceil(parts.length / size) }, (_, part) => {
    const together = parts.slice(part * size, (part + 1) * size);
    return { part, slices: joined(together.flatMap(({ slices }) => slices)) };
  });
}

/** Lines that follow each other in a file are one slice: a plan of a large corpus is read by every worker. */
function joined(slices: readonly InputSlice[]): InputSlice[] {
  const result: InputSlice[] = [];
  for (const slice of slices) {
    const last = result.at(-1);
    const follows =
      last?.format === 'jsonl' && slice.format === 'jsonl' && last.path === slice.path && last.range && slice.range;
    if (follows && last.range!.end === slice.range!.start) {
      result[result.length - 1] = { ...last, range: { ...last.range!, end: slice.range!.end } };
    } else result.push(slice);
  }
  return result;
}

/** Slices in order, as many to a part as fit. */
class PartPacker {
  private readonly parts: InputPart[] = [];
  private slices: InputSlice[] = [];
  private weight = 0;

  constructor(private readonly partBytes: number) {}

  add({ slice, weight }: Cut): void {
    if (this.slices.length > 0 && this.weight + weight > this.partBytes) this.close();
    this.slices.push(slice);
    this.weight += weight;
  }

  finish(): InputPart[] {
    if (this.slices.length > 0) this.close();
    return this.parts;
  }

  private close(): void {
    this.parts.push({ part: this.parts.length, slices: this.slices });
    this.slices = [];
    this.weight = 0;
  }
}
