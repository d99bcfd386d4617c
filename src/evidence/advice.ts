// What the numbers mean, in plain sentences. A score "can tell" where its interval lies above 0.5, never because its AUC does.
import { bottomLine } from './bottom-line.js';
import { NLL_GAIN, type Cell } from './cells.js';
import type { Interval } from './bootstrap.js';
import { layersOf } from './layers-of.js';
import type { EvidenceReport, Finding, FitFinding } from './report.js';
import { list, nameOf, natsRange, range, seconds, shortName, signed } from './wording.js';

type Facts = Omit<EvidenceReport, 'advice'>;

export function advise(report: Facts): string[] {
  const { paper, choice, findings } = report;
  const text = findings.find(({ score, layer }) => layer === null && score !== NLL_GAIN && score !== 'random');
  const chosen = text !== undefined && nameOf(text) === nameOf(choice);
  const blended = findings.find(({ score }) => score.startsWith('blend:'));
  return [
    bottomLine(report),
    `The paper's score, ${nameOf(paper)}: ${verdict(paper)}.`,
    `The best choice found, ${shortName(choice, report)}${price(choice, paper)}: ${verdict(choice)}. ${fittedChoice(report) ? 'Fitted' : 'Chosen'} on one half of the windows, measured on the other.`,
    ...(text && !chosen ? [`Without any model, ${nameOf(text)}${price(text, paper)}: ${verdict(text)}.`] : []),
    ...(blended ? [`Both together, ${nameOf(blended)}: ${verdict(blended)}.`] : []),
    ...yardstick(report),
    ...lifts(report),
    ...fitted(report),
    ...recommendation(report),
    ...limits(report),
  ];
}

/** "can tell real windows from splice (AUC 0.93, 0.88-0.97); cannot tell ... */
function verdict(finding: Finding): string {
  const groups: Record<'can' | 'cannot' | 'wrong', string[]> = { can: [], cannot: [], wrong: [] };
  for (const { metric, against, interval } of finding.tested) {
    if (metric !== 'auc') continue;
    const group = interval.low > 0.5 ? 'can' : interval.high < 0.5 ? 'wrong' : 'cannot';
    groups[group].push(`${against} (AUC ${range(interval)})`);
  }
  const said = [
    groups.can.length > 0 ? `can tell real windows from ${list(groups.can)}` : '',
    groups.cannot.length > 0 ? `cannot tell them from ${list(groups.cannot)}` : '',
    groups.wrong.length > 0 ? `ranks them the wrong way round against ${list(groups.wrong)}` : '',
  ].filter(Boolean);
  return said.length > 0 ? said.join('; ') : 'there are too few windows to say anything';
}

function yardstick(report: Facts): string[] {
  const { paper, choice, findings, yardstickSeconds } = report;
  const cells = [paper, choice, ...findings.filter(({ score }) => score === 'recurrence-2')].flatMap((finding) =>
    finding.tested.filter(follows).map(({ interval }) => `${shortName(finding, report)} ${range(interval)}`),
  );
  if (cells.length === 0) return [];
  const cost = yardstickSeconds === null ? '' : ` It costs ${seconds(yardstickSeconds)} of CPU a window.`;
  return [`What the far context is worth to the model (${NLL_GAIN}) is followed, by Spearman: ${list(cells)}.${cost}`];
}

const follows = ({ metric }: Cell): boolean => metric === 'spearman';

/** What is kept over what there is, and what the most is that can be had. */
function lifts(report: Facts): string[] {
  const { paper, choice, lift } = report;
  if (!lift) return [];
  const of = (finding: Finding): string => {
    const { ratio, nats } = finding.lift!;
    return `${shortName(finding, report)} ${ratio ? range(ratio) : `${nats.value.toFixed(3)} nats a token`}`;
  };
  const most = lift.ceiling.ratio ? `; the most that can be had is ${lift.ceiling.ratio.value.toFixed(2)}` : '';
  return [
    `Lift (mean ${NLL_GAIN} of the best ${(100 * lift.share).toFixed(1)} % over that of all, behind the guard; chance gives 1): ${of(choice)}, ${of(paper)}${most}.`,
  ];
}

/** The fit where its blend is the choice. */
export function fittedChoice({ fit }: Pick<EvidenceReport, 'fit'>): FitFinding | null {
  return fit?.chosen ? fit : null;
}

function fitted({ fit, choice }: Facts): string[] {
  if (!fit) return [];
  const on = fittedOn(fit);
  if (!fit.finding) {
    const what = fit.to === 'gain' ? `foretells ${NLL_GAIN}` : 'tells the sides apart';
    return [`Fitted on ${on}, no blend ${what}: nothing was found to choose it for.`];
  }
  const against = fit.against.map((rival) => `${gainRange(rival.difference, choice)} against ${nameOf(rival)}`);
  const end = fit.chosen
    ? 'It is better beyond doubt, and is the choice.'
    : 'That is not beyond doubt, so that the choice is made without it.';
  return [
    `The blend ${nameOf(fit.finding)}, fitted to ${fittedTo(fit)} on ${on}, has on the other half ${list(against)}. ${end}`,
  ];
}

/** `nll-gain`, or `pairs of splice and matched-gzip`. */
export function fittedTo({ to, controls }: FitFinding): string {
  return to === 'gain' ? NLL_GAIN : `pairs of ${list(controls)}`;
}

export function fittedOn({ to, windows, pairs, documents }: FitFinding): string {
  return `${to === 'pairs' ? `${pairs} pairs of ` : ''}${windows} windows of ${documents} documents`;
}

/** What a fit has more: nats a token, or without losses AUC of the worst control. */
export function gainRange(difference: Interval, { lift }: Pick<Finding, 'lift'>): string {
  return lift ? natsRange(difference) : `${pointsRange(difference)} AUC on the worst control`;
}

function recommendation(report: Facts): string[] {
  const { choice, tells } = report;
  if (!tells) return [];
  const telling = choice.tested.filter(({ metric, interval }) => metric === 'auc' && interval.low > 0.5).length;
  const asked = choice.tested.filter(({ metric }) => metric === 'auc').length;
  const out: string[] = [];
  if (telling < asked) {
    out.push(
      'Where a score cannot tell a control, its ranking says nothing about that kind of difference: look at what it keeps.',
    );
  }
  if (layersOf(choice).length === 0) {
    const why = fittedChoice(report) ? '.' : ': no layer was better beyond doubt, and of equals the cheapest is taken.';
    out.push(`The choice needs no model${why}`);
  }
  return out;
}

function limits({ choice, shuffled, corpus, model }: Facts): string[] {
  const widest = Math.max(
    0,
    ...choice.tested.filter(({ metric }) => metric === 'auc').map(({ interval }) => interval.high - interval.low),
  );
  const windows = corpus.domains.reduce((sum, domain) => sum + domain.windows, 0);
  const out = [
    `With ${windows} real windows these numbers are good to about ${(widest / 2).toFixed(2)}. Ask for more --windows before reading more into a difference.`,
  ];
  if (model.maxPositions !== null && corpus.window > model.maxPositions) {
    out.push(
      `A window of ${corpus.window} tokens is longer than the ${model.maxPositions} positions that the model was made for: its attention there is extrapolation, and so is what these numbers say of it. Compare with a window that it can read.`,
    );
  }
  if (shuffled.low > 0.5 || shuffled.high < 0.5) {
    out.push(
      `Self-check failed: with shuffled labels the AUC is ${range(shuffled)} instead of 0.5. Please report this.`,
    );
  }
  return out;
}

function price(finding: Finding, paper: Finding): string {
  if (finding.seconds === null) return '';
  const times = paper.seconds
    ? `, ${(finding.seconds / paper.seconds).toPrecision(2)} x the cost of layer ${paper.layer}`
    : '';
  return ` (${seconds(finding.seconds)} of CPU a window${finding.layer === paper.layer ? '' : times})`;
}

function pointsRange({ value, low, high }: Interval): string {
  return `${signed(value)} (${signed(low)} to ${signed(high)})`;
}
