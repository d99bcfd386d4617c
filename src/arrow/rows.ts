// How the plain records of src/base/records.ts lie in the tables of src/arrow/schema.ts: the one place that knows both names.
import type { ScoreRow, Window } from '../base/records.js';
import { STATISTIC_ROWS } from '../base/statistics.js';

export type Row = Readonly<Record<string, unknown>>;

export function windowRow(window: Window): Row {
  return {
    window_id: window.windowId,
    doc_id: window.docId,
    domain: window.domain,
    source: window.source,
    char_start: window.charStart,
    char_end: window.charEnd,
    token_start: window.tokenStart,
    token_ids: window.tokenIds,
  };
}

export function scoreRow(score: ScoreRow): Row {
  return {
    window_id: score.windowId,
    doc_id: score.docId,
    domain: score.domain,
    layer: score.layer,
    length: score.length,
    k: score.k,
    ...Object.fromEntries(
      STATISTIC_ROWS.filter(([name]) => score[name] !== undefined).map(([name, { column }]) => [column, score[name]]),
    ),
  };
}
