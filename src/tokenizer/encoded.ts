// A document as token ids that know their characters.

export interface Encoded {
  /** The document's token ids, with what the tokenizer's own template adds. */
  ids: Int32Array;
  /**
   * Characters `[start, end)` of a token, in Unicode code points of the text. Tokens that share a character (byte-level BPE
   * splits rare ones) each name the whole character. Undefined for tokens that the template added, such as BOS.
   */
  span(token: number): readonly [start: number, end: number] | undefined;
}
