// All windows of a run as columns in memory: what ranking and choosing need, 14 bytes a window and its id.
import { dataError } from '../base/errors.js';
import type { TextColumn } from '../arrow/columns.js';
import { colonIn, decimalIn } from '../base/window-id.js';
import { TextStore } from './text-store.js';

export class WindowTable {
  length = 0;
  readonly ids = new TextStore();
  /** Index into `domainNames`. */
  readonly domains: Uint16Array;
  readonly domainNames: string[] = [];
  /** Number of the document, in the order of the corpus. */
  readonly documents: Int32Array;
  /** First token in the document. */
  readonly starts: Int32Array;
  readonly #domainIndex = new Map<string, number>();
  #lastDomain = { bytes: new Uint8Array(0), index: -1 };
  /** Key of the last window's document, with the colon behind it. */
  #lastKey: Uint8Array = new Uint8Array(0);
  #document = -1;
  #byDomain?: { length: number; positions: Uint32Array[] };

  /**
   * @param capacity number of windows of the run
   * @param window tokens of each
   */
  constructor(
    capacity: number,
    readonly window: number,
  ) {
    this.domains = new Uint16Array(capacity);
    this.documents = new Int32Array(capacity);
    this.starts = new Int32Array(capacity);
  }

  /**
   * Windows come in the order of the corpus, those of a document one after the other.
   *
   * @param ids `<key of the document>:<first token>`
   * @param rows of the batch, rising; default all
   * @throws LongattnError WINDOW_ID, TOO_MANY_DOMAINS
   */
  append(ids: TextColumn, domains: TextColumn, rows?: readonly number[]): void {
    const count = rows ? rows.length : Math.max(0, ids.offsets.length - 1);
    const { bytes, offsets } = ids;
    const { documents, starts } = this;
    // The key before this one: [keyStart, keyEnd) of keyBytes.
    let [keyBytes, keyStart, keyEnd] = [this.#lastKey, 0, this.#lastKey.length];
    for (let i = 0; i < count; i++) {
      const row = rows ? rows[i]! : i;
      const at = this.length + i;
      const [start, end] = [offsets[row]!, offsets[row + 1]!];
      const colon = colonIn(bytes, start, end);
      const token = colon < start ? NaN : decimalIn(bytes, colon + 1, end);
      if (!(token <= 0x7fffffff)) throw noWindowId(ids.get(row));
      // The last byte of two keys differs most often: from the end.
      let same = keyEnd - keyStart === colon + 1 - start;
      for (let a = colon, b = keyEnd - 1; same && a >= start; a--, b--) same = bytes[a] === keyBytes[b];
      if (!same) this.#document++;
      documents[at] = this.#document;
      starts[at] = token;
      [keyBytes, keyStart, keyEnd] = [bytes, start, colon + 1];
    }
    this.#lastKey = new Uint8Array(keyBytes.subarray(keyStart, keyEnd));
    this.#appendDomains(domains, count, rows);
    if (rows) this.ids.appendRows(ids, rows);
    else this.ids.append(ids);
    this.length += count;
  }

  /** Positions of the windows of each domain, by its index. Asked for again and again once the table is whole. */
  byDomain(): readonly Uint32Array[] {
    if (this.#byDomain?.length !== this.length) this.#byDomain = { length: this.length, positions: this.#positions() };
    return this.#byDomain.positions;
  }

  #positions(): Uint32Array[] {
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
  #appendDomains({ bytes, offsets }: TextColumn, count: number, rows?: readonly number[]): void {
    let last = this.#lastDomain;
    for (let i = 0; i < count; i++) {
      const row = rows ? rows[i]! : i;
      const [start, end] = [offsets[row]!, offsets[row + 1]!];
      let same = last.index >= 0 && last.bytes.length === end - start;
      for (let at = start; same && at < end; at++) same = last.bytes[at - start] === bytes[at];
      if (!same) last = this.#domain(new Uint8Array(bytes.subarray(start, end)));
      this.domains[this.length + i] = last.index;
    }
    this.#lastDomain = last;
  }

  #domain(bytes: Uint8Array<ArrayBuffer>): { bytes: Uint8Array<ArrayBuffer>; index: number } {
    const name = Buffer.from(bytes).toString();
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
    return { bytes, index };
  }
}

function noWindowId(id: string): Error {
  return dataError('WINDOW_ID', `${id} is no window id: it must end with ":" and the first token's number.`);
}
