// The tables of docs/evidence.md, from report.json, report.arrow and facts.arrow of a validation. Numbers as they fell: nothing is
// chosen here, and every row that a report has for the first k and all heads is printed.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';

export const POOLED = '(pooled)';
export const NONE = -1;

export const fixed = (value, digits = 2) =>
  value === undefined || value === null || Number.isNaN(value) ? '' : value.toFixed(digits);
export const withRange = (cell) => (cell ? `${fixed(cell.value)} (${fixed(cell.low)} to ${fixed(cell.high)})` : '');
export const nameOf = ({ score, layer }) => `\`${score}\`${layer === null ? '' : `, layer ${layer}`}`;

export function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The lift of a row: a ratio where there is one, else nats a token. */
function liftCell({ ratio, nats }) {
  return ratio ? withRange(ratio) : `${fixed(nats.value, 3)} nats (${fixed(nats.low, 3)} to ${fixed(nats.high, 3)})`;
}

/** One row a score and layer, one column a domain, and the share of the ceiling over all of them. */
export function liftTable({ report }) {
  const domains = report.corpus.domains.map(({ domain }) => domain);
  const most = report.lift.ceiling.nats.value;
  const row = (name, of) => [name, ...domains.map((domain) => of(domain)), of(POOLED)];
  const ceiling = report.lifts.find(({ score }) => score === 'nll-gain');
  const rows = report.lifts
    .filter((one) => one !== ceiling)
    .map((one) => {
      const of = (domain) =>
        liftCell(domain === POOLED ? one.pooled : one.domains.find((other) => other.domain === domain).lift);
      return [...row(nameOf(one), of), fixed(one.pooled.nats.value / most)];
    });
  const top = (domain) =>
    liftCell(domain === POOLED ? ceiling.pooled : ceiling.domains.find((other) => other.domain === domain).lift);
  return markdown(
    ['score', ...domains, 'all', 'of the ceiling'],
    [[...row('chance', () => '1'), '0'], ...rows, [...row('**`nll-gain`, the ceiling**', top), '1']],
  );
}

/** What stands beside the choice: the count to begin with, and the plainest score of attention in the middle of the model. */
const BESIDE = [
  { score: 'last-recurrence-2', layer: null },
  { score: 'content', layer: 14 },
];

/** Lift of the choice as a share of the lift of the ceiling, a column a domain, all windows. */
export function shareTable({ report }) {
  const find = ({ score, layer }) => report.lifts.find((one) => one.score === score && one.layer === layer);
  const ratios = (one) => one.domains.map(({ lift }) => lift.ratio?.value);
  const most = ratios(find({ score: 'nll-gain', layer: null }));
  const rows = [report.choice, ...BESIDE].map(find).filter(Boolean);
  return markdown(
    ['score', ...report.corpus.domains.map(({ domain }) => domain)],
    rows.map((one, at) => [
      `${nameOf(one)}${at === 0 ? ' (the choice)' : ''}`,
      ...ratios(one).map((ratio, domain) => (ratio && most[domain] ? fixed(ratio / most[domain]) : 'no ratio')),
    ]),
  );
}

/** All rows of report.arrow. */
export const reportCells = (folder) => tableFromIPC(readFileSync(path.join(folder, 'report.arrow'))).toArray();

/** All rows of report.arrow, by what they are about. */
function cellsOf(folder) {
  const key = ({ metric, score, layer, head, k, against, domain }) =>
    [metric, score, layer, head, k, against, domain].join('\t');
  const cells = new Map();
  for (const row of reportCells(folder)) {
    cells.set(key(row), { value: row.value, low: row.low, high: row.high });
  }
  return (about) => cells.get(key({ head: NONE, domain: POOLED, ...about }));
}

/** AUC with its interval / share of pairs: one row a score and layer, one column a control; the yardstick's own share of pairs last. */
export function controlTable({ report, folder }) {
  const cell = cellsOf(folder);
  const controls = report.controls.map(({ name }) => name);
  const [k] = report.corpus.k;
  const scores = new Set();
  const rows = reportCells(folder)
    .filter((row) => row.metric === 'auc' && row.head === NONE && row.domain === POOLED && [k, NONE].includes(row.k))
    .filter(({ score, layer }) => !scores.has(`${score}\t${layer}`) && scores.add(`${score}\t${layer}`))
    .map(({ score, layer, k: own }) => [
      nameOf({ score, layer: layer === NONE ? null : layer }),
      ...controls.map((against) => {
        const of = (metric) => cell({ metric, score, layer, k: own, against });
        const value = of('auc');
        return value ? `${withRange(value)} / ${fixed(of('pair-share').value)}` : '';
      }),
    ]);
  const yardstick = ({ yardstick: found }) => (found ? `/ ${withRange(found)}, ${found.pairs} pairs` : 'not measured');
  const last = ['**`nll-gain`, the yardstick**', ...report.verdicts.map(yardstick)];
  const counts = ['counts', ...report.verdicts.map(({ counts: yes }) => (yes ? 'yes' : 'no'))];
  return markdown(['score', ...controls], [...rows, last, counts]);
}

/** Share of the pairs of the repetition control that a count ranks rightly, with and without the guard. */
export function guardTable({ report, folder }) {
  const table = tableFromIPC(readFileSync(path.join(folder, 'cases', 'facts.arrow')));
  const columns = JSON.parse(table.schema.metadata.get('text_scores'));
  const cases = table.toArray().map((row) => ({ ...row.toJSON(), values: [...row.text_scores] }));
  const reals = new Map(cases.filter(({ control }) => control === 'real').map((one) => [one.pair, one]));
  const pairs = cases.filter(({ control }) => control === 'repetition').map((one) => [reals.get(one.pair), one]);
  const guarded = (one, value) => (one.repeats > report.guard.maxRepeats ? -Infinity : value);
  const share = (value) => {
    const won = pairs.map(([real, other]) => Math.sign(value(real) - value(other) || 0) / 2 + 0.5);
    return won.reduce((sum, one) => sum + one, 0) / pairs.length;
  };
  const guardedScores = columns.map(({ score }, at) => ({ score, at })).filter(({ score }) => score !== 'random');
  const rows = guardedScores.map(({ score, at }) => [
    `\`${score}\``,
    fixed(share(({ values }) => values[at])),
    // Two windows that are both refused are equal: neither is kept.
    fixed(share((one) => Math.max(guarded(one, one.values[at]), -Number.MAX_VALUE))),
  ]);
  const refused = pairs.filter(([, one]) => one.repeats > report.guard.maxRepeats).length;
  return {
    table: markdown(['score', 'without the guard', 'behind the guard'], rows),
    refused,
    pairs: pairs.length,
    real: [...reals.values()].filter(({ repeats }) => repeats > report.guard.maxRepeats).length,
    reals: reals.size,
  };
}

const seconds = (value) => (value >= 0.1 ? `${value.toFixed(1)} s` : `${(1000 * value).toPrecision(2)} ms`);

/** CPU seconds a window against the lift of the plainest score of that cost; without losses the lift is left empty. */
export function costTable({ report, costs }) {
  const most = report.lift?.ceiling.nats.value;
  const of = (score, layer) => report.lifts.find((one) => one.score === score && one.layer === layer);
  const share = (one) => (one && most ? fixed(one.pooled.nats.value / most) : '');
  const rows = [
    ...Object.entries(costs.text).map(([score, cost]) => [`\`${score}\``, seconds(cost), share(of(score, null))]),
    ...Object.entries(costs.layers).map(([layer, cost]) => [
      `\`content\`, layer ${layer}`,
      seconds(cost),
      share(of('content', Number(layer))),
    ]),
    ...(costs.yardstick === null ? [] : [['`nll-gain`', seconds(costs.yardstick), '1']]),
  ];
  return markdown(['score', 'CPU a window', 'lift, of the ceiling'], rows);
}
