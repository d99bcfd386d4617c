// The plan of a run: its files, and the parts of its work. From the inputs alone, so that the number of workers, shards and
// interruptions cannot change a byte of the result.
import { cutInput, type Cut, type InputSlice } from './cut-input.js';
import type { InputFile } from './format.js';
import { listInputFiles, type InputPatterns } from './input-files.js';

export type { InputSlice } from './cut-input.js';
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
}

export interface PlanOptions {
  /**
   * Rows of each domain to take, in the order of its files; refused rows count. Rows whose domain is a field count as one
   * domain, because it is not known before they are read.
   */
  limit?: number | undefined;
  /** For tests: default PART_BYTES. Another value gives other parts. */
  partBytes?: number;
  signal?: AbortSignal | undefined;
}

/**
 * @throws LongattnError INPUT_NOT_FOUND, INPUT_FORMAT, INPUT_IN_TWO_DOMAINS, DOMAIN_MISSING, INPUT_UNREADABLE; the signal's reason
 */
export async function planInputs(inputs: readonly InputPatterns[], options: PlanOptions = {}): Promise<InputPlan> {
  const { limit = Infinity, partBytes = PART_BYTES, signal } = options;
  const { files, skipped } = await listInputFiles(inputs);
  const left = new Map<string | undefined, number>();
  const packer = new PartPacker(partBytes);
  for (const file of files) {
    const rows = left.get(file.domain) ?? limit;
    if (rows === 0) continue;
    let taken = 0;
    for await (const cut of cutInput(file, partBytes, rows)) {
      signal?.throwIfAborted();
      taken += cut.rows;
      packer.add(cut);
    }
    left.set(file.domain, rows - taken);
  }
  return { files, parts: packer.finish(), skipped };
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
