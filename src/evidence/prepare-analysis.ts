// What all findings of a validation are drawn from: the candidates, their windows whole and in halves, the controls that count, the guard.
import type { CombineSettings } from '../scores/score.js';
import { DEFAULT_MAX_REPEATS } from '../selection/guards/repeats-limit.js';
import { countCandidates, measuredCandidate, type Candidate, type LayerRows } from './candidate.js';
import type { CaseTable } from './case-table.js';
import type { ControlFacts } from './cases.js';
import { Cells, NLL_GAIN } from './cells.js';
import { judgeControl, type ControlVerdict } from './counting-controls.js';
import { layerCandidates, type EnumerateOptions } from './enumerate.js';
import { halves } from './halves.js';
import { Judge } from './judge.js';
import { keptShare } from './lift.js';
import type { FitTarget } from './report.js';

const RESAMPLES = 1000;
/** Of the choice: candidates are many, and a difference that hangs on the third digit of an interval is none. */
const CHOICE_RESAMPLES = 400;

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

/** A number for each set of windows: all of them, the half that is chosen and fitted on, and the one that is tested on. */
export interface Sets<T> {
  whole: T;
  first: T;
  second: T;
}

export interface Analysis {
  input: AnalysisInput;
  options: EnumerateOptions;
  cells: Sets<Cells>;
  judges: Sets<Judge>;
  /** In the order of the controls. */
  verdicts: ControlVerdict[];
  /** Those that a choice is judged by. */
  counting: ControlFacts[];
  /** By row of the table: 1 where the guard refuses the window. */
  refused: Uint8Array;
  /** Share of the windows of each domain that is kept. */
  share: number;
  /** Mean of all heads, scores without a model, and the yardstick. */
  candidates: Candidate[];
  /** Those that were measured on real windows alone: no control says anything of them. */
  onReals: Candidate[];
}

export function prepareAnalysis(input: AnalysisInput): Analysis {
  const { table, seed, ks, settings, tokens, gains, keep } = input;
  const options = { ks, settings, tokens };
  const refused = Uint8Array.from(table.cases, ({ repeats }) => (repeats > DEFAULT_MAX_REPEATS ? 1 : 0));
  const [one, other] = halves(table, seed);
  const cells = forEach({ whole: table, first: table.restrict(one), second: table.restrict(other) }, (part) =>
    cellsOf(input, refused, part),
  );
  const verdicts = table.controls.map((control) => verdictOf(control, input));
  const counting = table.controls.filter((_, at) => verdicts[at]!.counts);
  const reals = table.domains.reduce((sum, domain) => sum + table.reals(domain).length, 0);
  const share = keptShare(keep, reals);
  const judges = forEach(
    cells,
    (part) => new Judge({ cells: part, gains, refused, share, counting, seed, resamples: CHOICE_RESAMPLES }),
  );
  const whole = input.peers.filter(({ values }) => values.every(Number.isFinite));
  const candidates = [
    ...countCandidates(table),
    ...(gains && input.gainsOfControls ? [measuredCandidate(NLL_GAIN, gains)] : []),
    ...[...input.layers].flatMap(([layer, rows]) => [...layerCandidates(table, layer, rows, options)]),
    ...whole.map(peerCandidate),
  ];
  const onReals = [
    ...(gains && !input.gainsOfControls ? [measuredCandidate(NLL_GAIN, gains)] : []),
    ...input.peers.filter((peer) => !whole.includes(peer)).map(peerCandidate),
  ];
  return { input, options, cells, judges, verdicts, counting, refused, share, candidates, onReals };
}

/** Numbers of pairs with their intervals, of the cases of `table`. */
export function cellsOf(
  { seed, gains }: Pick<AnalysisInput, 'seed' | 'gains'>,
  refused: Uint8Array,
  table: CaseTable,
  resamples = RESAMPLES,
): Cells {
  return new Cells(table, { seed, resamples, refused, ...(gains && { gains }) });
}

function forEach<T, U>({ whole, first, second }: Sets<T>, of: (part: T) => U): Sets<U> {
  return { whole: of(whole), first: of(first), second: of(second) };
}

/** The direction that the yardstick shows on the pairs of which it was measured. */
function verdictOf(control: ControlFacts, { table, gains }: AnalysisInput): ControlVerdict {
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

function peerCandidate({ score, layer, values }: AnalysisInput['peers'][number]): Candidate {
  // Behind no guard: so their authors rank.
  return { ...measuredCandidate(score, values), ...(layer !== undefined && { layer }), unguarded: true };
}
