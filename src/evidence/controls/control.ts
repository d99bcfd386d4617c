// What a control is: windows made from the corpus, each paired with a real one, and the direction that a score must show.
import type { DomainSample } from '../sample.js';
import type { Random } from '../../base/random.js';

/** Which of the pair must have the higher score of long-range dependency. */
export type Direction = 'real' | 'control';

export interface ControlContext {
  sample: DomainSample;
  /** Token ids of the documents that the sampled windows come from, by document key. */
  documents: ReadonlyMap<string, Int32Array>;
  /** The first token of every document, if it is the tokenizer's own (BOS). */
  prefix: number | undefined;
  /** W, in tokens. */
  length: number;
  /** A stream of its own for each label. */
  random: (label: string) => Random;
  /** Counts that pairs may be matched on, by the name of a count score. */
  count: (score: string, ids: Int32Array) => number;
}

export interface MadeControl {
  /** Index into the sample's real windows. */
  real: number;
  tokenIds: Int32Array;
}

export interface MadeControls {
  made: MadeControl[];
  /** What a reader must know of this domain: a fallback, windows left out and why. */
  notes: string[];
}

export interface Control {
  name: string;
  higher: Direction;
  /** One clause: how it is made. */
  how: string;
  make(context: ControlContext): MadeControls;
}
