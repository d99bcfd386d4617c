// From values to findings: every cell of the report, the best of each score, and a choice that was tested on unseen windows.
import type { OnProgress } from '../base/events.js';
import type { CombineSettings } from '../scores/score.js';
import { findScore } from '../scores/registry.js';
import { attentionTerms, resolveScore } from '../scores/resolve.js';
import { DEFAULT_MAX_REPEATS, REPEAT_TOKENS } from '../selection/guards/repeats-limit.js';
import { agreementOf } from './agreement.js';
import { attentionCandidate, measuredCandidate, countCandidates, type Candidate, type LayerRows } from './candidate.js';
import type { CaseTable } from './case-table.js';
import { Cells, NLL_GAIN, POOLED, type Cell } from './cells.js';
import { candidateCost } from './candidate-cost.js';
import { bestOfEachScore, chooseHeads, judged, objectiveOf, type Judged } from './choose.js';
import { judgeControl, type ControlVerdict } from './counting-controls.js';
import { decide, tells } from './decide.js';
import { fitBlend } from './fit/fit-blend.js';
import { gainProblem, pairProblem } from './fit/problem.js';
import { Judge } from './judge.js';
import { keptShare } from './lift.js';
import type { ControlFacts } from './cases.js';
import { PEERS } from './peers/peers.js';
import { headCandidates, layerCandidates, type EnumerateOptions } from './enumerate.js';
import { halves } from './halves.js';
import type { EvidenceReport, Finding, FitFinding, FitTarget, FrontierPoint, LiftRow } from './report.js';
import { difference, type Draws } from './resample.js';
import { reportRows, type ReportRow } from './report-table.js';
import { shuffledLabels } from './self-check.js';

const RESAMPLES = 1000;
/** Of the choice: candidates are many, and a difference that hangs on the third digit of an interval is none. */
const CHOICE_RESAMPLES = 400;
/** Single heads are by far the most rows. */
const HEAD_RESAMPLES = 200;
/** Neither chance nor the yardstick itself is a choice, and nothing selects by the scores of others. */
const NEVER_CHOSEN: ReadonlySet<string> = new Set([NLL_GAIN, 'random', ...PEERS]);

export interface AnalysisInput {
  table: CaseTable;
  /** By layer, ascending; rows as in the table. */
  layers: ReadonlyMap<number, LayerRows>;
  /** Minimum distances, tokens; the first is the scored one. */
  ks: readonly number[];
  tokens: boolean;
  settings: CombineSettings;
  seed: number;
  /** W, in tokens. */
  window: number;
  /** Share of the windows that a selection would keep. */
  keep: number;
  /** nll-gain by row of the table, NaN where it was not measured: of all real windows at least. */
  gains?: Float64Array;
  /** Whether every control has it, so that the yardstick can stand among the scores. */
  gainsOfControls: boolean;
  /** Scores of others, by row of the table; NaN where they were not measured: of all real windows at least. */
  peers: readonly { score: string; layer?: number; values: Float64Array }[];
  /** Also fit a blend: to nll-gain, which needs gains, or to the pairs of the controls that count. */
  fit: FitTarget;
}

/** A fitted blend as the report has it, and as a candidate where there is one. */
interface Fitted {
  found: FitFinding;
  candidate: Candidate | undefined;
}

export type Findings = Pick<
  EvidenceReport,
  | 'paper'
  | 'findings'
  | 'choice'
  | 'fit'
  | 'tells'
  | 'verdicts'
  | 'lift'
  | 'lifts'
  | 'frontier'
  | 'guard'
  | 'shuffled'
  | 'agreement'
  | 'map'
>;

export class Analysis {
  private readonly cells: Cells;
  /** The half that is chosen and fitted on, and the one that is tested on. */
  private readonly first: Cells;
  private readonly second: Cells;
  private readonly judges: { whole: Judge; first: Judge; second: Judge };
  private readonly verdicts: ControlVerdict[];
  private readonly refused: Uint8Array;
  private readonly share: number;
  private readonly options: EnumerateOptions;
  /** Mean of all heads, scores without a model, and the yardstick. */
  private readonly candidates: Candidate[];
  /** Those that were measured on real windows alone: no control says anything of them. */
  private readonly onReals: Candidate[];

  constructor(private readonly input: AnalysisInput) {
    const { table, seed, ks, settings, tokens, gains } = input;
    this.options = { ks, settings, tokens };
    this.refused = Uint8Array.from(table.cases, ({ repeats }) => (repeats > DEFAULT_MAX_REPEATS ? 1 : 0));
    const cellsOf = (part: CaseTable): Cells => this.cellsOf(part, RESAMPLES);
    const [one, other] = halves(table, seed);
    this.first = cellsOf(table.restrict(one));
    this.cells = cellsOf(table);
    this.second = cellsOf(table.restrict(other));
    this.verdicts = table.controls.map((control) => this.verdict(control));
    const reals = table.domains.reduce((sum, domain) => sum + table.reals(domain).length, 0);
    this.share = keptShare(input.keep, reals);
    this.judges = { whole: this.judge(this.cells), first: this.judge(this.first), second: this.judge(this.second) };
    this.candidates = [
      ...countCandidates(table),
      ...(gains && input.gainsOfControls ? [measuredCandidate(NLL_GAIN, gains)] : []),
      ...[...input.layers].flatMap(([layer, rows]) => [...layerCandidates(table, layer, rows, this.options)]),
      ...input.peers.filter(({ values }) => values.every(Number.isFinite)).map(peerCandidate),
    ];
    this.onReals = [
      ...(gains && !input.gainsOfControls ? [measuredCandidate(NLL_GAIN, gains)] : []),
      ...input.peers.filter(({ values }) => !values.every(Number.isFinite)).map(peerCandidate),
    ];
  }

  private cellsOf(table: CaseTable, resamples: number): Cells {
    const { seed, gains } = this.input;
    return new Cells(table, { seed, resamples, refused: this.refused, ...(gains && { gains }) });
  }

  private judge(cells: Cells): Judge {
    const { gains, seed } = this.input;
    return new Judge({
      cells,
      gains,
      refused: this.refused,
      share: this.share,
      counting: this.counting(),
      seed,
      resamples: CHOICE_RESAMPLES,
    });
  }

  private counting(): ControlFacts[] {
    return this.input.table.controls.filter((_, at) => this.verdicts[at]!.counts);
  }

  /** The direction that the yardstick shows on the pairs of which it was measured. */
  private verdict(control: ControlFacts): ControlVerdict {
    const { table, gains } = this.input;
    const [above, below]: [number[], number[]] = [[], []];
    for (const { real, control: rows } of gains ? table.pairs(control.name) : []) {
      rows.forEach((row, i) => {
        const pair = [gains![real[i]!]!, gains![row]!] as const;
        if (!pair.every(Number.isFinite)) return;
        above.push(pair[control.higher === 'real' ? 0 : 1]);
        below.push(pair[control.higher === 'real' ? 1 : 0]);
      });
    }
    return judgeControl(control.name, above, below);
  }

  /** Every number, on all windows; hands the thread back between candidates so that a signal can be heard. */
  async *rows(onProgress?: OnProgress, signal?: AbortSignal): AsyncGenerator<ReportRow> {
    const { table, layers } = this.input;
    const ofHeads = this.cellsOf(table, HEAD_RESAMPLES);
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
    const { layers, settings, ks, window, gains, table, seed } = this.input;
    const { whole, first, second } = this.judges;
    const all = this.candidates.map((candidate) =>
      judged(candidate, candidateCost(candidate, window), first.numbers(candidate)),
    );
    const best = bestOfEachScore(all);
    const selectable = all.filter(({ candidate }) => !NEVER_CHOSEN.has(candidate.score));
    const decided = decide(selectable) as Judged;
    const rows = layers.get(decided.candidate.layer ?? -1);
    const plain = rows && !decided.candidate.score.startsWith('blend:');
    const single = plain ? chooseHeads(decided, rows, settings, first) : decided;
    const fitted = this.fitted([single, bestOfEachScore(selectable)[0]!]);
    const blended = fitted?.found.chosen ? fitted.candidate : undefined;
    const choice = blended ? judged(blended, 0, first.numbers(blended)) : single;
    const [lowest, lowestRows] = [...layers][0]!;
    const view = { layer: lowest, heads: 'all', k: ks[0]! } as const;
    const paper = attentionCandidate(findScore('longattn'), lowestRows, view, settings);
    const unseen = second.numbers(choice.candidate);
    const { above, below } = this.cells.pooled(choice.candidate, table.controls[0]!);
    const finite = (side: Float64Array): Float64Array => side.map((value) => Math.max(value, -Number.MAX_VALUE));
    return {
      paper: this.finding(paper, null, this.cells, whole),
      findings: best.map((one) => this.finding(one.candidate, objectiveOf(one), this.second, second)),
      choice: this.finding(choice.candidate, blended ? null : objectiveOf(choice), this.second, second),
      fit: fitted?.found ?? null,
      tells: tells({ lift: unseen.lift?.nats, worst: unseen.worst }),
      verdicts: table.controls.map(({ name }, at) => ({ control: name, ...this.verdicts[at]! })),
      lift: gains
        ? {
            share: this.share,
            mean: whole.mean()!,
            ceiling: whole.lift(measuredCandidate(NLL_GAIN, gains))!,
            choiceOnAll: whole.lift(choice.candidate)!,
          }
        : null,
      lifts: this.lifts(),
      frontier: this.frontier(
        all.filter(({ candidate }) => candidate.score !== 'random'),
        fitted?.candidate,
      ),
      guard: { maxRepeats: DEFAULT_MAX_REPEATS, tokens: REPEAT_TOKENS, refused: this.refusedReals() },
      shuffled: shuffledLabels(finite(above), finite(below), seed),
      agreement: agreementOf(
        [...best.map(({ candidate }) => candidate), ...this.onReals],
        this.cells,
        this.refused,
        this.share,
      ),
      map: this.map(choice.candidate, paper),
    };
  }

  /** A blend of what `select` can read at the first k, over all heads. It must beat each of the rivals on the half that it has not seen. */
  private fitted(rivals: readonly Judged[]): Fitted | undefined {
    const { gains, ks, fit } = this.input;
    if (fit === 'none' || (fit === 'gain' && !gains)) return undefined;
    const { second } = this.judges;
    const { table } = this.first;
    const candidates = this.candidates.filter(
      ({ score, k = ks[0] }) => !NEVER_CHOSEN.has(score) && !score.startsWith('blend:') && k === ks[0],
    );
    const controls = fit === 'pairs' ? this.counting() : [];
    const problem =
      fit === 'gain' ? gainProblem(table, gains!, this.refused) : pairProblem(table, controls, this.refused);
    const { candidate, ...numbers } = fitBlend(candidates, table, problem);
    const facts = { to: fit, controls: controls.map(({ name }) => name), ...numbers };
    if (!candidate) return { candidate, found: { ...facts, finding: null, against: [], chosen: false } };
    // What the choice is made by: the lift, or without losses the worst control.
    const drawsOf = (one: Candidate): Draws =>
      gains ? second.numbersOnReals(one).lift!.nats : second.numbers(one).worst!;
    const draws = drawsOf(candidate);
    const against = [...new Set(rivals.map((rival) => rival.candidate))].map((rival) => ({
      ...choicesOf(rival),
      difference: difference(draws, drawsOf(rival)),
    }));
    const finding = this.finding(candidate, null, this.second, second);
    const chosen = against.every(({ difference: { low } }) => low > 0);
    return { candidate, found: { ...facts, finding, against, chosen } };
  }

  /** Lift of every score at the first k, on all windows: nothing is chosen here. */
  private lifts(): LiftRow[] {
    const { gains, ks } = this.input;
    if (!gains) return [];
    const shown = [...this.onReals, ...this.candidates].filter(({ k }) => k === undefined || k === ks[0]);
    return shown.map((candidate) => ({
      score: candidate.score,
      layer: candidate.layer ?? null,
      pooled: this.judges.whole.lift(candidate)!,
      domains: this.judges.whole.liftByDomain(candidate),
      seconds: null,
    }));
  }

  /** The best of each step of cost on the first half; nothing is chosen of the yardstick, and of the scores of others the layer. */
  private frontier(all: readonly Judged[], fitted: Candidate | undefined): FrontierPoint[] {
    if (!this.input.gains) return [];
    const onReals = this.onReals.map((candidate) => judged(candidate, 0, this.judges.first.numbersOnReals(candidate)));
    const best = new Map<string, Judged>();
    for (const one of [...all, ...onReals]) {
      const { score, layer } = one.candidate;
      const step = kindOf(score) === 'ours' ? `layer ${layer}` : score;
      const before = best.get(step);
      if (!before || objectiveOf(one) > objectiveOf(before)) best.set(step, one);
    }
    const point = (kind: FrontierPoint['kind'], candidate: Candidate): FrontierPoint => ({
      kind,
      score: candidate.score,
      layer: candidate.layer ?? null,
      lift: this.judges.second.lift(candidate)!,
      seconds: null,
    });
    const points = [...best.values()].map(({ candidate }) => point(kindOf(candidate.score), candidate));
    return fitted ? [...points, point('fit', fitted)] : points;
  }

  private refusedReals(): number {
    const { table } = this.input;
    return table.domains.reduce(
      (sum, domain) => sum + table.reals(domain).reduce((count, row) => count + this.refused[row]!, 0),
      0,
    );
  }

  private finding(candidate: Candidate, objective: number | null, cells: Cells, judge: Judge): Finding {
    return {
      ...choicesOf(candidate),
      objective,
      lift: judge.lift(candidate),
      // Pooled cells alone: report.arrow has the domains.
      tested: this.everything(cells, candidate).filter(({ domain }) => domain === POOLED),
      seconds: null,
    };
  }

  private everything(cells: Cells, candidate: Candidate): Cell[] {
    const against = cells.table.controls.flatMap((control) => cells.against(candidate, control));
    return candidate.score === NLL_GAIN ? against : [...against, ...cells.following(candidate)];
  }

  /** Of the first score of attention in the choice; without one of content, what a layer sees far back. */
  private map(chosen: Candidate, paper: Candidate): Findings['map'] {
    const { layers, table, settings, ks } = this.input;
    const score = attentionTerms(resolveScore(chosen.score))[0]?.score ?? findScore('content');
    const k = chosen.k ?? paper.k ?? ks[0]!;
    const controls = table.controls.map((control) => ({
      name: control.name,
      auc: [...layers].map(([layer, rows]) => {
        const single = score.ignoresHeads ? [] : Array.from(rows[0]!.ds, (_, head) => [head]);
        return (['all', ...single] as const).map((heads) =>
          this.cells.pooledAuc(attentionCandidate(score, rows, { layer, heads, k }, settings), control),
        );
      }),
    }));
    return { score: score.name, k: score.ignoresK ? null : k, controls };
  }
}

function peerCandidate({ score, layer, values }: AnalysisInput['peers'][number]): Candidate {
  // Behind no guard: so their authors rank.
  return { ...measuredCandidate(score, values), ...(layer !== undefined && { layer }), unguarded: true };
}

function choicesOf({ score, layer, k, heads }: Candidate): Pick<Finding, 'score' | 'layer' | 'heads' | 'k'> {
  const which = heads === undefined || heads === 'all' ? (heads ?? null) : [...heads];
  return { score, layer: layer ?? null, heads: which, k: k ?? null };
}

function kindOf(score: string): FrontierPoint['kind'] {
  return score === NLL_GAIN ? 'yardstick' : (PEERS as readonly string[]).includes(score) ? 'peer' : 'ours';
}

/** `content@21`, with k where it is not the only one. */
export function describe({ score, layer }: Pick<Candidate, 'score' | 'layer'>): string {
  return layer === undefined ? score : `${score}@${layer}`;
}
