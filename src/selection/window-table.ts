// All windows of a run as columns in memory: what ranking and choosing need, some 50 bytes a window and its id.
import { dataError } from '../errors.js';
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
   * @param id UTF-8, `<key of the document>:<first token>`
   * @param domain UTF-8
   * @throws LongattnError WINDOW_ID, TOO_MANY_DOMAINS
   */
  push(id: Uint8Array, domain: Uint8Array): void {
    const at = this.length++;
    const colon = id.lastIndexOf(COLON);
    const start = colon < 0 ? NaN : decimal(id, colon + 1);
    if (!(start <= 0x7fffffff)) {
      throw dataError(
        'WINDOW_ID',
        `${Buffer.from(id).toString()} is no window id: it must end with ":" and the first token's number.`,
      );
    }
    this.domains[at] = this.#domain(domain);
    this.documents[at] = at > 0 ? this.documents[at - 1]! + (this.#sameDocument(at, id, colon) ? 0 : 1) : 0;
    this.starts[at] = start;
    this.ids.push(id, 0, id.length);
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

  #sameDocument(at: number, id: Uint8Array, colon: number): boolean {
    const before = this.ids.bytes(at - 1);
    if (before[colon] !== COLON || before.lastIndexOf(COLON) !== colon) return false;
    for (let i = 0; i < colon; i++) if (before[i] !== id[i]) return false;
    return true;
  }

  /** Most windows have the domain of the window before: their bytes are compared, not decoded. */
  #domain(bytes: Uint8Array): number {
    const last = this.#domainBytes;
    let same = this.length > 1 && last.length === bytes.length;
    for (let i = 0; same && i < bytes.length; i++) same = last[i] === bytes[i];
    if (same) return this.domains[this.length - 2]!;
    this.#domainBytes = bytes.slice();
    const name = Buffer.from(bytes).toString();
    let index = this.#domainIndex.get(name);
    if (index === undefined) {
      index = this.domainNames.push(name) - 1;
      if (index > 0xffff)
        throw dataError(
          'TOO_MANY_DOMAINS',
          'The corpus has more than 65,536 domains. Choose a coarser field for them.',
        );
      this.#domainIndex.set(name, index);
    }
    return index;
  }
}

/** The digits from `from` on as a number; NaN where there is none, or something else. */
function decimal(bytes: Uint8Array, from: number): number {
  let value = from < bytes.length ? 0 : NaN;
  for (let i = from; i < bytes.length; i++) {
    const digit = bytes[i]! - ZERO;
    value = digit >= 0 && digit <= 9 ? 10 * value + digit : NaN;
  }
  return value;
}
