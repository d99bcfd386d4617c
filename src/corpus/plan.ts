// The plan of a run: its files, and the parts of its work. From the inputs alone, so that the number of workers, shards and
// interruptions cannot change a byte of the result.
import { cutInput, refusedCut, type Cut, type InputSlice, type RefusedSlice } from './cut-input.js';
import type { InputFile, UnpackOptions } from './format.js';
import { listInputFiles, type InputPatterns } from './input-files.js';

export type { InputSlice, RefusedSlice } from './cut-input.js';
export type { InputFile } from './format.js';
export type { InputPatterns } from './input-files.js';

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
  return { files, parts: packer.finish(), skipped, refused };
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
