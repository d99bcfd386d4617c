// All windows of a run as columns in memory: what ranking and choosing need, some 50 bytes a window and its id.
import { dataError } from '../errors.js';
import type { TextColumn } from '../formats/columns.js';
import { TextStore } from './text-store.js';

const COLON = 0x3a;
const ZERO = 0x30;

export class WindowTable {
  length = 0;
  readonly ids: TextStore;
  /** Index into `domainNames`. */
  readonly domains: Uint16Array;
  readonly domainNames: string[] = [];
  /** Number of the document, in the order of the corpus. */
  readonly documents: Int32Array;
  /** First token in the document. */
  readonly starts: Int32Array;
  readonly #domainIndex = new Map<string, number>();
  #domainBytes: Uint8Array = new Uint8Array(0);
  /** Bytes of the key of the last document. */
  #keyLength = 0;

  /**
   * @param capacity number of windows of the run
   * @param window tokens of each
   */
  constructor(
    capacity: number,
    readonly window: number,
  ) {
    this.ids = new TextStore(capacity);
    this.domains = new Uint16Array(capacity);
    this.documents = new Int32Array(capacity);
    this.starts = new Int32Array(capacity);
  }

  /**
   * Windows come in the order of the corpus, those of a document one after the other.
   *
   * @param ids `<key of the document>:<first token>`
   * @throws LongattnError WINDOW_ID, TOO_MANY_DOMAINS
   */
  push(ids: TextColumn, domains: TextColumn, row: number): void {
    const at = this.length++;
    const { bytes } = ids;
    const [start, end] = [ids.offsets[row]!, ids.offsets[row + 1]!];
    let colon = end - 1;
    while (colon >= start && bytes[colon] !== COLON) colon--;
    const token = colon < start ? NaN : decimal(bytes, colon + 1, end);
    if (!(token <= 0x7fffffff)) {
      throw dataError(
        'WINDOW_ID',
        `${ids.get(row)} is no window id: it must end with ":" and the first token's number.`,
      );
    }
    // The first token's number has no colon: what begins with the same key and colon is of the same document.
    const same = at > 0 && this.ids.startsWith(at - 1, bytes, start, colon + 1) && this.#keyLength === colon - start;
    this.#keyLength = colon - start;
    this.domains[at] = this.#domain(domains, row);
    this.documents[at] = at === 0 ? 0 : this.documents[at - 1]! + (same ? 0 : 1);
    this.starts[at] = token;
    this.ids.push(bytes, start, end);
  }

  /** Positions of the windows of each domain, by its index. */
  byDomain(): Uint32Array[] {
    const counts = new Uint32Array(this.domainNames.length);
    for (let i = 0; i < this.length; i++) counts[this.domains[i]!]!++;
    const positions = Array.from(counts, (count) => new Uint32Array(count));
    counts.fill(0);
    for (let i = 0; i < this.length; i++) {
      const domain = this.domains[i]!;
      positions[domain]![counts[domain]!++] = i;
    }
    return positions;
  }

  /** Most windows have the domain of the window before: their bytes are compared, not decoded. */
  #domain({ bytes, offsets }: TextColumn, row: number): number {
    const [start, end] = [offsets[row]!, offsets[row + 1]!];
    const last = this.#domainBytes;
    let same = this.length > 1 && last.length === end - start;
    for (let i = start; same && i < end; i++) same = last[i - start] === bytes[i];
    if (same) return this.domains[this.length - 2]!;
    this.#domainBytes = bytes.slice(start, end);
    const name = Buffer.from(this.#domainBytes).toString();
    let index = this.#domainIndex.get(name);
    if (index === undefined) {
      index = this.domainNames.push(name) - 1;
      if (index > 0xffff) {
        throw dataError(
          'TOO_MANY_DOMAINS',
          'The corpus has more than 65,536 domains. Choose a coarser field for them.',
        );
      }
      this.#domainIndex.set(name, index);
    }
    return index;
  }
}

/** The digits [from, end) as a number; NaN where there is none, or something else. */
function decimal(bytes: Uint8Array, from: number, end: number): number {
  let value = from < end ? 0 : NaN;
  for (let i = from; i < end; i++) {
    const digit = bytes[i]! - ZERO;
    value = digit >= 0 && digit <= 9 ? 10 * value + digit : NaN;
  }
  return value;
}
