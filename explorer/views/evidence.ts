// Evidence: what `longattn validate` found the scores, layers and heads to tell apart, and what its choice gains at the cut.
import type { PageControlTexts, PageEvidence, PageLift } from '../../src/report/page-data.js';
import { loadControlTexts, loadEvidence } from '../data.js';
import { count, el, foreign, percent, table } from '../dom.js';
import type { Page } from '../model.js';

/** Opacity of an AUC of 0 or 1: the number above it stays readable. */
const STRONGEST = 0.4;

export async function evidenceView({ meta }: Page): Promise<Node> {
  if (!meta.evidence) {
    return el(
      'div',
      {},
      el('h2', {}, 'No evidence in this page'),
      el('p', {}, 'Say first what scores tell apart on this corpus, and make the page again:'),
      el(
        'pre',
        { class: 'command' },
        `longattn validate CHECK --input book=moby.txt --model MODEL\nlongattn report ${meta.run} --evidence CHECK`,
      ),
    );
  }
  const [evidence, texts] = await Promise.all([loadEvidence(), loadControlTexts()]);
  return el(
    'div',
    {},
    el('h2', {}, evidence.tells ? 'What the validation says' : 'The validation says: do not select by its choice'),
    facts(evidence),
    el('ul', {}, ...evidence.advice.map((line) => el('li', {}, ...withCode(line)))),
    aucMeaning(evidence),
    ...evidence.map.controls.map((control) => aucTable(evidence, control)),
    controlsTable(evidence),
    ...controlTexts(evidence, texts),
    ...lifts(evidence),
  );
}

function facts({ model, corpus }: PageEvidence): HTMLElement {
  const windows = corpus.domains.map(({ domain, windows: own }) => `${domain} ${count(own)}`).join(', ');
  return el(
    'p',
    {},
    ...[
      'Model ',
      foreign(model.path),
      `, windows of ${count(corpus.window)} tokens, k = ${corpus.k.join(', ')}. Real windows: `,
    ],
    foreign(windows, 500),
    '.',
  );
}

/** Names of scores stand in backticks. */
function withCode(line: string): Node[] {
  return line.split('`').map((part, i) => (i % 2 === 1 ? el('code', {}, foreign(part)) : foreign(part, 2000)));
}

function aucMeaning({ map }: PageEvidence): HTMLElement {
  return el(
    'p',
    {},
    `AUC: how often a score (in these tables ${map.score}) is higher for a real window than for what a control makes of it, a text whose far context is broken. ` +
      '1 is always, 0.5 is chance; below it the score takes the broken text for the better one.',
  );
}

/** Which head it is; none where the control has no pairs. */
function highest(auc: (number | null)[][], layers: readonly number[]): string {
  const cells = auc.flatMap((row, at) =>
    row.slice(1).flatMap((value, head) => (value === null ? [] : [{ layer: layers[at] ?? '-', head, value }])),
  );
  if (cells.length === 0) return '';
  const { layer, head, value } = cells.reduce((most, one) => (one.value > most.value ? one : most));
  return `; highest: layer ${layer}, head ${head}, ${value.toFixed(2)}`;
}

/** Right of 0.5 in blue, the wrong way round in red; every cell is a number too. */
function aucTable({ map, model }: PageEvidence, { name, auc }: PageEvidence['map']['controls'][number]): HTMLElement {
  const heads = Array.from({ length: Math.max(0, (auc[0]?.length ?? 0) - 1) }, (_, head) => String(head));
  const rows = auc.map((row, at) => [
    String(model.layers[at] ?? '-'),
    ...row.map((value) => {
      if (value === null) return '-';
      const cell = el('span', { class: 'auc' }, value.toFixed(2));
      const name = value >= 0.5 ? '--right' : '--wrong';
      const strength = Math.round(100 * STRONGEST * Math.min(1, 2 * Math.abs(value - 0.5)));
      cell.style.background = `color-mix(in srgb, var(${name}) ${strength}%, transparent)`;
      return cell;
    }),
  ]);
  return table(
    `AUC of ${map.score} against ${name}, by layer and head${highest(auc, model.layers)}`,
    ['layer', 'all heads', ...heads],
    rows,
  );
}

function controlsTable({ controls, verdicts }: PageEvidence): HTMLElement {
  const lines = controls.map(({ name, how, notes, pairs }) => [
    name,
    count(Object.values(pairs).reduce((sum, one) => sum + one, 0)),
    verdicts.find(({ control }) => control === name)?.counts ? 'yes' : 'no',
    foreign([how, ...notes].join(' '), 600),
  ]);
  return table('Controls', ['control', 'pairs', 'judges the choice', 'how it is made'], lines);
}

/** Each pair side by side: what a score must tell apart. */
function controlTexts({ controls, corpus }: PageEvidence, { pairs, tokens, note }: PageControlTexts): HTMLElement[] {
  if (note !== undefined) return [el('p', {}, 'No texts of the controls: ', foreign(note, 600))];
  const part =
    tokens < corpus.window ? `the first ${count(tokens)} of ${count(corpus.window)} tokens` : 'whole windows';
  const side = (name: string, text: string): HTMLElement =>
    el(
      'div',
      {},
      el('h3', {}, name),
      el(
        'div',
        { class: 'text-region small', tabindex: 0, role: 'region', 'aria-label': name },
        el('pre', { class: 'text', dir: 'auto' }, text),
      ),
    );
  return controls.flatMap(({ name }) => {
    const own = pairs.filter(({ control }) => control === name);
    if (own.length === 0) return [];
    return [
      el(
        'details',
        { class: 'controls' },
        el('summary', {}, `Texts of ${name}: ${count(own.length)} pairs, ${part}`),
        ...own.map(({ id, domain, real, made }, i) =>
          el(
            'div',
            {},
            el('p', {}, foreign(id), ' of ', foreign(domain, 60)),
            el('div', { class: 'pair' }, side(`Pair ${i + 1}: real`, real), side(`Pair ${i + 1}: ${name}`, made)),
          ),
        ),
      ),
    ];
  });
}

function lifts({ lift, lifts: rows }: PageEvidence): HTMLElement[] {
  if (!lift) return [el('p', {}, 'Without losses no lift is known: validate with a whole model measures it.')];
  const line = (name: string, layer: number | null, { ratio, nats, kept }: PageLift): string[] => [
    ...[name, layer === null ? '-' : String(layer)],
    ratio ? `${ratio.value.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})` : '-',
    `${nats.value.toFixed(4)} (${nats.low.toFixed(4)} to ${nats.high.toFixed(4)})`,
    count(kept),
  ];
  const sorted = rows.toSorted((a, b) => b.pooled.nats.value - a.pooled.nats.value);
  return [
    table(
      `Lift when the best ${percent(lift.share)} are kept (chance: 1, and 0 nats)`,
      ['score', 'layer', 'lift', 'nats a token more', 'windows kept'],
      [
        line('the choice', null, lift.choiceOnAll),
        line('the most that can be had', null, lift.ceiling),
        ...sorted.map(({ score, layer, pooled }) => line(score, layer, pooled)),
      ],
    ),
  ];
}
