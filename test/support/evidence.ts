// Made corpora as window records, and a scorer that stands in for the addon: it attends to earlier copies of the same token.
import type { NativeScoreRequest, NativeStats } from '../../src/native/binding.js';
import type { Window } from '../../src/base/records.js';
import { Random } from '../../src/base/random.js';
import type { WindowLosses } from '../../src/evidence/losses.js';
import type { ScoreWindows } from '../../src/scoring/score-batch.js';
import { windowStarts } from '../../src/windows/slide.js';
import { statisticsOf } from './attention.js';

export async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item;
}

export interface MadeCorpus {
  domains: string[];
  /** A domain. */
  documents: number;
  /** A document. */
  tokens: number;
  window: number;
  /** Ids of one document; default noise over 1,000 ids. */
  ids?: (document: number, random: Random) => Int32Array;
}

/** Windows as the windows stage cuts them. */
export function corpusWindows(corpus: MadeCorpus): Window[] {
  const { domains, documents, tokens, window } = corpus;
  return domains.flatMap((domain) =>
    Array.from({ length: documents }, (_, document) => {
      const random = new Random(document, `document of ${domain}`);
      const ids = corpus.ids?.(document, random) ?? Int32Array.from({ length: tokens }, () => random.below(1000));
      return windowStarts(ids.length, window).map((tokenStart) => ({
        windowId: `${domain}.jsonl:${document}:${tokenStart}`,
        docId: `${domain}-${document}`,
        domain,
        source: `${domain}.jsonl`,
        charStart: 0,
        charEnd: 0,
        tokenStart,
        tokenIds: ids.slice(tokenStart, tokenStart + window),
      }));
    }).flat(),
  );
}

/** A document in which passages come back word for word, far from where they stood first. */
export function copyingDocument(tokens: number, distance: number, random: Random): Int32Array {
  const ids = Int32Array.from({ length: tokens }, () => random.below(1000));
  for (let at = distance; at < tokens; at++) if (random.below(3) > 0) ids[at] = ids[at - distance]!;
  return ids;
}

/**
 * Two heads on each layer. Layer 0: uniform noise, blind to the text. Layer 1: head 0 looks at earlier places of the same token pair,
 * head 1 as layer 0. So what it can tell apart is known.
 */
export async function fakeScorer(request: NativeScoreRequest): Promise<NativeStats[]> {
  const out: NativeStats[] = [];
  let from = 0;
  request.lengths.forEach((length, window) => {
    const ids = request.ids.subarray(from, from + length);
    from += length;
    const blind = matrix(ids, () => 0);
    const copying = matrix(ids, (n, i) => (n > 0 && i > 0 && ids[i] === ids[n] && ids[i - 1] === ids[n - 1] ? 8 : 0));
    for (const layer of request.layers) {
      const heads = layer === 0 ? [blind, blind] : [copying, blind];
      const { tokenDs, ...stats } = statisticsOf(heads, request.k[window]!);
      out.push({ layer, ...stats, ...(request.tokens && tokenDs ? { tokenDs } : {}) });
    }
  });
  return out;
}

/** Softmax of the given logits plus noise that depends on the tokens alone. */
function matrix(ids: Int32Array, logit: (n: number, i: number) => number): number[][] {
  return Array.from(ids, (id, n) => {
    const row = Array.from({ length: n + 1 }, (_, i) => Math.exp(logit(n, i) + ((id * 31 + ids[i]! * 17) % 13) / 13));
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((x) => x / total);
  });
}

/** Scores that have nothing to do with far context: the attention of a few tokens of each window, stretched over it. Fast. */
export async function noiseScorer(request: NativeScoreRequest): Promise<NativeStats[]> {
  const few = 32;
  let from = 0;
  return Array.from(request.lengths).flatMap((length, window) => {
    const ids = request.ids.slice(from, from + few);
    from += length;
    return Array.from(request.layers, (layer) => {
      const blind = matrix(ids, () => layer);
      const { tokenDs: _tokens, ...stats } = statisticsOf([blind, blind], few / 4);
      return { layer, ...stats, length, k: request.k[window]! };
    });
  });
}

/** A scorer that also gives the means of `losses` where it is asked for them. */
export function withLosses(score: ScoreWindows, losses: WindowLosses): ScoreWindows {
  return async (request, signal) => {
    const rows = await score(request, signal);
    if (!request.losses) return rows;
    let from = 0;
    const means = await Promise.all(
      Array.from(request.lengths, async (length, window) => {
        const ids = request.ids.slice(from, (from += length));
        return [meanOf(await losses(ids, 0)), meanOf(await losses(ids, request.k[window]!))] as const;
      }),
    );
    return rows.map((row, i): NativeStats => {
      const [loss, nearLoss] = means[Math.floor(i / request.layers.length)]!;
      return { ...row, loss, nearLoss };
    });
  };
}

const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
