// How the plain records of src/base/records.ts lie in the tables of src/arrow/schema.ts: the one place that knows both names.
import type { ScoreRow, SelectionRow, Window } from '../base/records.js';

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
    ds: score.ds,
    variance: score.variance,
    entropy: score.entropy,
    far_peak: score.farPeak,
    mass_bins: score.massBins,
    square_bins: score.squareBins,
    sink_mass_bins: score.sinkMassBins,
    sink_square_bins: score.sinkSquareBins,
    ...(score.tokenDs ? { token_ds: score.tokenDs } : {}),
    ...(score.loss === undefined ? {} : { loss: score.loss, near_loss: score.nearLoss }),
  };
}

export function selectionRow(row: SelectionRow): Row {
  return {
    window_id: row.windowId,
    domain: row.domain,
    ds: row.ds,
    du: row.du,
    lds: row.lds,
    rank: row.rank,
    selected: row.selected,
    reason: row.reason,
  };
}
