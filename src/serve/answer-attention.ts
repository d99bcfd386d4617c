// Attention of one window, computed when it is looked at: its map by layer and head, what one token looks back at, and the far mass of
// every token where the run does not store it.
import { invalid } from '../base/errors.js';
import { base64 } from '../report/base64.js';
import type { PageAttention, PageHeat, PageMeta } from '../report/page-data.js';
import { readIds } from '../report/read-texts.js';
import type { Run } from '../run/directory.js';
import type { ModelOfPage, OpenedModel } from './model-of-page.js';
import type { Answer } from './page-server.js';
import { wholeOf } from './query.js';

const BLOCKS = 256;

/**
 * `w`: the window, `layer`, `head` (a number or `mean`), and with `row` that row of the matrix in place of the map. Answers a
 * PageAttention.
 */
export function attentionAnswer(run: Run, meta: PageMeta, starts: Float64Array, opened: ModelOfPage): Answer {
  return async (query, signal) => {
    const window = wholeOf(query, 'w', meta.windows);
    const { model, scorer } = await opened.open();
    const ids = await readIds(run, starts, window);
    const layer = layerOf(query, model);
    const head = query.get('head') === 'mean' ? undefined : wholeOf(query, 'head', model.heads);
    const row = query.has('row') ? wholeOf(query, 'row', ids.length) : undefined;
    const request = {
      ...{ ids, layers: Int32Array.of(layer), mean: head === undefined },
      heads: head === undefined ? Int32Array.from({ length: model.heads }, (_, one) => one) : Int32Array.of(head),
      rows: row === undefined ? new Int32Array(0) : Int32Array.of(row),
      blocks: row === undefined ? Math.min(BLOCKS, ids.length) : 0,
    };
    const [found] = await scorer.attention(request, { signal });
    const answer: PageAttention = {
      ...{ tokens: ids.length, blocks: request.blocks },
      ...(found!.map && { map: base64(found!.map) }),
      ...(found!.rows[0] && { row: base64(found!.rows[0]) }),
    };
    return answer;
  };
}

/** `w` and `layer`. Answers a PageHeat: the far mass of each token at the k of the page. */
export function heatAnswer(run: Run, meta: PageMeta, starts: Float64Array, opened: ModelOfPage): Answer {
  return async (query, signal): Promise<PageHeat> => {
    const window = wholeOf(query, 'w', meta.windows);
    const { model, scorer } = await opened.open();
    const ids = await readIds(run, starts, window);
    const request = {
      ...{ ids, lengths: Int32Array.of(ids.length), k: Int32Array.of(meta.k ?? Math.floor(ids.length / 4)) },
      ...{ layers: Int32Array.of(layerOf(query, model)), tokens: true },
    };
    const [found] = await scorer.score(request, { signal });
    return { heat: base64(Float32Array.from(found!.tokenDs!)) };
  };
}

function layerOf(query: URLSearchParams, { layers }: OpenedModel['model']): number {
  const layer = Number(query.get('layer') ?? NaN);
  if (layers.includes(layer)) return layer;
  throw invalid('layer', query.get('layer'), `one of the layers of this run: ${layers.join(', ')}`);
}
