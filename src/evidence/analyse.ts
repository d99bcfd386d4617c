// From values to findings: every cell of the report, the best of each score, and a choice that was tested on unseen windows.
import type { OnProgress } from '../base/events.js';
import { spearman } from '../scores/ranks.js';
import type { CombineSettings } from '../scores/score.js';
import { findScore } from '../scores/registry.js';
import { attentionCandidate, measuredCandidate, countCandidates, type Candidate, type LayerRows } from './candidate.js';
import type { CaseTable } from './case-table.js';
import { Cells, NLL_GAIN, POOLED, type Cell } from './cells.js';
import { bestOfEachScore, chooseHeads, type Judged } from './choose.js';
import { headCandidates, layerCandidates, type EnumerateOptions } from './enumerate.js';
import { halves } from './halves.js';
import type { EvidenceReport, Finding } from './report.js';
import { reportRows, type ReportRow } from './report-table.js';
import { shuffledLabels } from './self-check.js';

const RESAMPLES = 1000;
/** Single heads are by far the most rows. */
const HEAD_RESAMPLES = 200;

export interface AnalysisInput {
  table: CaseTable;
  /** By layer, ascending; rows as in the table. */
  layers: ReadonlyMap<number, LayerRows>;
  /** Minimum distances, tokens; the first is the scored one. */
  ks: readonly number[];
  tokens: boolean;
  settings: CombineSettings;
  seed: number;
  /** nll-gain by row of the table: of the real windows at least, of all where `gainsOfControls`. */
  gains?: Float64Array;
  gainsOfControls: boolean;
}

export type Findings = Pick<EvidenceReport, 'paper' | 'findings' | 'choice' | 'shuffled' | 'agreement' | 'map'>;

export class Analysis {
  private readonly cells: Cells;
  private readonly first: Cells;
  private readonly second: Cells;
  private readonly options: EnumerateOptions;
  /** Mean of all heads, scores without a model, and the yardstick. */
  private readonly candidates: Candidate[];

  constructor(private readonly input: AnalysisInput) {
    const { table, seed, ks, settings, tokens } = input;
    this.options = { ks, settings, tokens };
    const cellsOf = (part: CaseTable, resamples = RESAMPLES): Cells =>
      new Cells(part, { seed, resamples, ...(input.gains && { gains: input.gains }) });
    const [one, other] = halves(table, seed);
    this.cells = cellsOf(table);
    this.first = cellsOf(table.restrict(one));
    this.second = cellsOf(table.restrict(other));
    this.candidates = [
      ...countCandidates(table),
      ...(input.gains && input.gainsOfControls ? [measuredCandidate(NLL_GAIN, input.gains)] : []),
      ...[...input.layers].flatMap(([layer, rows]) => [...layerCandidates(table, layer, rows, this.options)]),
    ];
  }

  /** Every number, on all windows; hands the thread back between candidates so that a signal can be heard. */
  async *rows(onProgress?: OnProgress, signal?: AbortSignal): AsyncGenerator<ReportRow> {
    const { table, layers, seed, gains } = this.input;
    const ofHeads = new Cells(table, { seed, resamples: HEAD_RESAMPLES, ...(gains && { gains }) });
    const total = this.candidates.length + layers.size;
    let completed = 0;
    const step = async (): Promise<void> => {
      onProgress?.({ type: 'progress', stage: 'evidence', unit: 'steps', completed: ++completed, total });
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    };
    for (const candidate of this.candidates) {
      yield* reportRows(candidate, this.everything(this.cells, candidate));
      await step();
    }
    for (const [layer, rows] of layers) {
      for (const candidate of headCandidates(layer, rows, this.options)) {
        yield* reportRows(candidate, this.everything(ofHeads, candidate));
      }
      await step();
    }
  }

  findings(): Findings {
    const { layers, settings, ks, table, seed } = this.input;
    const judged = this.candidates.map((candidate): Judged => ({
      candidate,
      objective: this.first.objective(candidate),
    }));
    const best = bestOfEachScore(judged);
    const attention = best.find(({ candidate }) => isPlainAttention(candidate))!;
    const choice = chooseHeads(attention, layers.get(attention.candidate.layer!)!, settings, this.first);
    const [lowest, rows] = [...layers][0]!;
    const paper = attentionCandidate(findScore('longattn'), rows, { layer: lowest, heads: 'all', k: ks[0]! }, settings);
    const { above, below } = this.cells.pooled(choice.candidate, table.controls[0]!);
    return {
      paper: finding(paper, null, this.everything(this.cells, paper)),
      findings: best.map(({ candidate, objective }) =>
        finding(candidate, objective, this.everything(this.second, candidate)),
      ),
      choice: finding(choice.candidate, choice.objective, this.everything(this.second, choice.candidate)),
      shuffled: shuffledLabels(above, below, seed),
      agreement: this.agreement(best.map(({ candidate }) => candidate)),
      map: this.map(choice.candidate),
    };
  }

  private everything(cells: Cells, candidate: Candidate): Cell[] {
    const against = cells.table.controls.flatMap((control) => cells.against(candidate, control));
    return candidate.score === NLL_GAIN ? against : [...against, ...cells.following(candidate)];
  }

  private agreement(candidates: readonly Candidate[]): Findings['agreement'] {
    const { gains } = this.input;
    const withYardstick = candidates.some(({ score }) => score === NLL_GAIN);
    const all = gains && !withYardstick ? [...candidates, measuredCandidate(NLL_GAIN, gains)] : candidates;
    const values = all.map((candidate) => this.cells.standardReals(candidate));
    return { scores: all.map(describe), matrix: values.map((x) => values.map((y) => spearman(x, y))) };
  }

  private map(chosen: Candidate): Findings['map'] {
    const { layers, table, settings, ks } = this.input;
    const score = findScore(chosen.score);
    const k = chosen.k ?? ks[0]!;
    const controls = table.controls.map((control) => ({
      name: control.name,
      auc: [...layers].map(([layer, rows]) => {
        const single = score.ignoresHeads ? [] : Array.from(rows[0]!.ds, (_, head) => [head]);
        return (['all', ...single] as const).map((heads) =>
          this.cells.pooledAuc(attentionCandidate(score, rows, { layer, heads, k }, settings), control),
        );
      }),
    }));
    return { score: chosen.score, k: chosen.k ?? null, controls };
  }
}

/** `content@21`, with k where it is not the only one. */
export function describe({ score, layer }: Pick<Candidate, 'score' | 'layer'>): string {
  return layer === undefined ? score : `${score}@${layer}`;
}

/** Pooled cells alone: report.arrow has the domains. */
function finding(candidate: Candidate, objective: number | null, cells: readonly Cell[]): Finding {
  const { score, layer = null, k = null, heads = null } = candidate;
  return {
    score,
    layer,
    heads: heads === null || heads === 'all' ? heads : [...heads],
    k,
    objective,
    tested: cells.filter(({ domain }) => domain === POOLED),
    seconds: null,
  };
}

function isPlainAttention({ score, layer }: Candidate): boolean {
  return layer !== undefined && !score.startsWith('blend:');
}
