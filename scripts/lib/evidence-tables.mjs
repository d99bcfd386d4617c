// The tables of docs/evidence.md, from the digests of validations (evidence-digest.mjs). Numbers as they fell: nothing is chosen here, and
// every row that a report has for the first k and all heads is printed.

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
export function liftTable({ domains, lifts }) {
  const names = domains.map(({ domain }) => domain);
  const row = (name, one) => [name, ...[...one.domains, one.all].map(liftCell)];
  const ceiling = lifts.find(({ score }) => score === 'nll-gain');
  const rows = lifts.filter((one) => one !== ceiling).map((one) => [...row(nameOf(one), one), fixed(one.all.share)]);
  return markdown(
    ['score', ...names, 'all', 'of the ceiling'],
    [['chance', ...names.map(() => '1'), '1', '0'], ...rows, [...row('**`nll-gain`, the ceiling**', ceiling), '1']],
  );
}

/** What stands beside the choice: the count to begin with, and the plainest score of attention in the middle of the model. */
const BESIDE = [
  { score: 'last-recurrence-2', layer: null },
  { score: 'content', layer: 14 },
];

/** Lift of the choice as a share of the lift of the ceiling, a column a domain, all windows. */
export function shareTable({ choice, domains, lifts }) {
  const find = ({ score, layer }) => lifts.find((one) => one.score === score && one.layer === layer);
  const rows = [choice, ...BESIDE].map(find).filter(Boolean);
  return markdown(
    ['score', ...domains.map(({ domain }) => domain)],
    rows.map((one, at) => [
      `${nameOf(one)}${at === 0 ? ' (the choice)' : ''}`,
      ...one.domains.map(({ share }) => (share === null ? 'no ratio' : fixed(share))),
    ]),
  );
}

/** AUC with its interval / share of pairs: one row a score and layer, one column a control; the yardstick's own share of pairs last. */
export function controlTable({ cells, controls: all, verdicts }) {
  const key = ({ score, layer, against }) => [score, layer, against].join('\t');
  const found = new Map(cells.map((cell) => [key(cell), cell]));
  const controls = all.map(({ name }) => name);
  const scores = new Map(cells.map(({ score, layer }) => [`${score}\t${layer}`, { score, layer }]));
  const rows = [...scores.values()].map(({ score, layer }) => [
    nameOf({ score, layer }),
    ...controls.map((against) => {
      const cell = found.get(key({ score, layer, against }));
      return cell ? `${withRange(cell.auc)} / ${fixed(cell.share)}` : '';
    }),
  ]);
  const yardstick = ({ yardstick: own }) => (own ? `/ ${withRange(own)}, ${own.pairs} pairs` : 'not measured');
  const last = ['**`nll-gain`, the yardstick**', ...verdicts.map(yardstick)];
  const counts = ['counts', ...verdicts.map(({ counts: yes }) => (yes ? 'yes' : 'no'))];
  return markdown(['score', ...controls], [...rows, last, counts]);
}

/** Share of the pairs of the repetition control that a count ranks rightly, with and without the guard. */
export function guardTable({ guard }) {
  return markdown(
    ['score', 'without the guard', 'behind the guard'],
    guard.shares.map(({ score, without, behind }) => [`\`${score}\``, fixed(without), fixed(behind)]),
  );
}

const seconds = (value) => (value >= 0.1 ? `${value.toFixed(1)} s` : `${(1000 * value).toPrecision(2)} ms`);

/** CPU seconds a window against the lift of the plainest score of that cost; without losses the lift is left empty. */
export function costTable({ costs, lifts }) {
  const share = (score, layer) => fixed(lifts.find((one) => one.score === score && one.layer === layer)?.all.share);
  const rows = [
    ...Object.entries(costs.text).map(([score, cost]) => [`\`${score}\``, seconds(cost), share(score, null)]),
    ...Object.entries(costs.layers).map(([layer, cost]) => [
      `\`content\`, layer ${layer}`,
      seconds(cost),
      share('content', Number(layer)),
    ]),
    ...(costs.yardstick === null ? [] : [['`nll-gain`', seconds(costs.yardstick), '1']]),
  ];
  return markdown(['score', 'CPU a window', 'lift, of the ceiling'], rows);
}
