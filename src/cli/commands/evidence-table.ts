// What a validation found, as a person reads it.
import { NLL_GAIN } from '../../evidence/cells.js';
import type { Finding } from '../../evidence/report.js';
import type { ValidateResult } from '../../evidence/write-report.js';
import { range, seconds } from '../../evidence/wording.js';
import { renderTable } from '../output.js';

/** Scores whose agreement is shown: a table as wide as a terminal. */
const AGREEING = 5;

/** A row a score, a column a control; then what it means, and where the rest is. */
export function describeEvidence({ report, files, certificate }: ValidateResult): string {
  const controls = report.controls.filter(({ name }) => report.choice.tested.some(({ against }) => against === name));
  const { paper, choice, fit } = report;
  const others = [...(fit?.finding ? [fit.finding] : []), ...report.findings].filter((one) => !same(one, choice));
  const shown = [paper, choice, ...others];
  const rows = shown.map((finding, at) => [
    `${finding.score === fit?.finding?.score ? 'fitted blend' : name(finding)}${at === 0 ? ' (the paper)' : at === 1 ? ' (chosen)' : ''}`,
    finding.lift?.ratio?.value.toFixed(2) ?? '',
    ...controls.map((control) => value(finding, 'auc', control.name)),
    value(finding, 'spearman', NLL_GAIN),
    finding.seconds === null ? '' : seconds(finding.seconds),
  ]);
  // Measured on real windows alone, such as prolong: no control says anything of it.
  const untested = report.lifts.filter(({ score }) => score !== NLL_GAIN && !shown.some((one) => one.score === score));
  rows.push(
    ...untested.map(({ score, pooled, seconds: cost }) => [
      ...[score, pooled.ratio?.value.toFixed(2) ?? '', ...controls.map(() => ''), ''],
      cost === null ? '' : seconds(cost),
    ]),
  );
  const head = ['score', 'lift', ...controls.map((one) => one.name), `follows ${NLL_GAIN}`, 'CPU a window'];
  return [
    renderTable(head, rows),
    'Lift of what is kept (1: chance), AUC against each control (1: always right, 0.5: chance), Spearman in the column "follows"; behind the',
    'guard against repeats. Layers, k, heads and weights were chosen on one half of the windows and measured on the other; the first row is on all.',
    ...(report.lift ? [ceilingLine(report.lift)] : []),
    '',
    ...agreementLines(report.agreement),
    ...report.controls.flatMap(({ notes }) => notes.map((note) => `note: ${note}`)),
    '',
    ...report.advice.map((sentence) => `- ${sentence}`),
    '',
    `with shuffled labels: AUC ${range(report.shuffled)}`,
    '',
    certificate.page,
    ...Object.values(files),
  ].join('\n');
}

/** Of the best scores alone: report.json has them all. */
function agreementLines({ scores, matrix, kept, share }: ValidateResult['report']['agreement']): string[] {
  const shown = scores.slice(0, AGREEING);
  const rows = shown.map((score, a) => [
    score,
    ...shown.map((_, b) => (a === b ? '' : `${matrix[a]![b]!.toFixed(2)} / ${(100 * kept[a]![b]!).toFixed(0)} %`)),
  ]);
  return [
    renderTable(['agree', ...shown], rows),
    `Spearman of the two / what both keep of the best ${(100 * share).toFixed(1)} % of each; chance: 0 / ${(100 * share).toFixed(0)} %`,
  ];
}

function ceilingLine({ share, mean, ceiling }: NonNullable<ValidateResult['report']['lift']>): string {
  const most = ceiling.ratio ? `, the most that can be had ${ceiling.ratio.value.toFixed(2)}` : '';
  return `best ${(100 * share).toFixed(1)} % of each domain (the larger of --keep and 8 windows); mean gain ${mean.value.toFixed(3)} nats a token${most}`;
}

function value(finding: Finding, metric: string, against: string): string {
  return (
    finding.tested.find((cell) => cell.metric === metric && cell.against === against)?.interval.value.toFixed(2) ?? ''
  );
}

function name({ score, layer, heads }: Finding): string {
  return `${score}${layer === null ? '' : `@${layer}`}${Array.isArray(heads) ? ` heads ${heads.join(',')}` : ''}`;
}

function same(a: Finding, b: Finding): boolean {
  return a.score === b.score && a.layer === b.layer && JSON.stringify(a.heads) === JSON.stringify(b.heads);
}
