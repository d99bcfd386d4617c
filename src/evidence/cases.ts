// The windows to be compared: real ones and the controls made from them, as records that the scores stage takes like any others.
import { documentOf } from '../base/window-id.js';
import { Random } from '../base/random.js';
import type { Window } from '../base/records.js';
import type { Control, ControlContext, Direction } from './controls/control.js';
import { collectDocuments, type CorpusSample, type DomainSample } from './sample.js';

/** What `control` is for a real window. */
export const REAL = 'real';

/** One window to be scored. Its `windowId` is the real window's, with `#control` behind it for a control. */
export interface Case {
  window: Window;
  /** Id of the real window that it is, or is paired with. */
  pair: string;
  control: string;
}

export interface ControlFacts {
  name: string;
  higher: Direction;
  how: string;
  notes: string[];
}

export interface MadeCases {
  cases: Case[];
  controls: ControlFacts[];
}

export interface CaseOptions {
  /** W, in tokens. */
  window: number;
  seed: number;
  controls: readonly Control[];
  /** The value of a count score in a domain. */
  count: (domain: string, score: string, ids: Int32Array) => number;
}

/**
 * Real windows first, then control after control, domain after domain.
 * @param windows all windows of the corpus: a second pass puts the documents of the sampled windows together
 */
export async function makeCases(
  sample: CorpusSample,
  windows: AsyncIterable<Window>,
  options: CaseOptions,
): Promise<MadeCases> {
  const keys = new Set(sample.domains.flatMap((domain) => domain.windows.map(({ windowId }) => documentOf(windowId))));
  const documents = await collectDocuments(windows, keys);
  const cases: Case[] = sample.domains.flatMap((domain) =>
    domain.windows.map((window) => ({ window, pair: window.windowId, control: REAL })),
  );
  const controls = options.controls.map((control): ControlFacts => {
    const notes: string[] = [];
    for (const domain of sample.domains) {
      const result = control.make(contextOf(domain, sample, documents, options));
      notes.push(...result.notes);
      for (const { real, tokenIds } of result.made) cases.push(caseOf(domain.windows[real]!, control.name, tokenIds));
    }
    const { name, higher, how } = control;
    return { name, higher, how, notes };
  });
  return { cases, controls };
}

function contextOf(
  sample: DomainSample,
  { prefix }: CorpusSample,
  documents: ReadonlyMap<string, Int32Array>,
  options: CaseOptions,
): ControlContext {
  return {
    sample,
    documents,
    prefix,
    length: options.window,
    random: (label) => new Random(options.seed, label),
    count: (score, ids) => options.count(sample.domain, score, ids),
  };
}

function caseOf(real: Window, control: string, tokenIds: Int32Array): Case {
  const window = { ...real, windowId: `${real.windowId}#${control}`, charStart: 0, charEnd: 0, tokenIds };
  return { window, pair: real.windowId, control };
}
