// docs/evidence.md from the reports of scripts/evidence.mjs: the numbers as they fell, and how to read them.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';

const POOLED = '(pooled)';
/** Scores that are shown layer by layer. */
const BY_LAYER = ['longattn', 'ds', 'content', 'effective-far'];

const fixed = (value) => (value === undefined || value === null || Number.isNaN(value) ? '' : value.toFixed(2));
const withRange = (cell) => (cell ? `${fixed(cell.value)} (${fixed(cell.low)}-${fixed(cell.high)})` : '');

/** Lines of one paragraph. */
const prose = (...lines) => lines.join('\n');

function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** All rows of report.arrow, by a key of what they are about. */
function cellsOf(folder) {
  const cells = new Map();
  for (const row of tableFromIPC(readFileSync(path.join(folder, 'report.arrow')))) {
    const { metric, score, layer, head, k, against, domain } = row;
    cells.set([metric, score, layer, head, k, against, domain].join('\t'), {
      value: row.value,
      low: row.low,
      high: row.high,
    });
  }
  return (metric, score, layer, head, k, against, domain) =>
    cells.get([metric, score, layer, head, k, against, domain].join('\t'));
}

const nameOf = ({ score, layer, heads }) =>
  `\`${score}\`${layer === null ? '' : `, layer ${layer}`}${Array.isArray(heads) ? `, heads ${heads.join(',')}` : ''}`;

const seconds = (value) =>
  value === null ? '' : value >= 0.1 ? `${value.toFixed(1)} s` : `${(1000 * value).toPrecision(2)} ms`;

function tested(finding, metric, against) {
  return withRange(finding.tested.find((cell) => cell.metric === metric && cell.against === against)?.interval);
}

/** Of the summary: the paper's score, the plainest of attention without the sink, a count, and both together. */
const SUMMARY = ['content', 'recurrence-1', 'blend:content+recurrence-2'];

/** One row a window length and control. */
function summaryTable(measured) {
  const rows = measured.flatMap(({ report }) =>
    report.controls.map(({ name }) => [
      report.corpus.window.toLocaleString('en'),
      name,
      tested(report.paper, 'auc', name),
      ...SUMMARY.map((score) => {
        const finding = report.findings.find((one) => one.score === score);
        return finding
          ? `${tested(finding, 'auc', name)}${finding.layer === null ? '' : `, layer ${finding.layer}`}`
          : '';
      }),
    ]),
  );
  return markdown(['window', 'control', 'the paper, layer 0', ...SUMMARY.map((score) => `\`${score}\``)], rows);
}

function scoreTable({ report }) {
  const controls = report.controls.map(({ name }) => name);
  const head = ['score', ...controls, 'follows nll-gain', 'CPU a window'];
  const rows = [report.paper, report.choice, ...report.findings].map((finding, at) => [
    `${nameOf(finding)}${at === 0 ? ' (the paper)' : at === 1 ? ' (chosen)' : ''}`,
    ...controls.map((control) => tested(finding, 'auc', control)),
    tested(finding, 'spearman', 'nll-gain'),
    seconds(finding.seconds),
  ]);
  return markdown(head, rows);
}

function layerTables({ report, folder }) {
  const cell = cellsOf(folder);
  const k = report.corpus.k[0];
  return report.controls
    .map(({ name }) => {
      const rows = report.model.layers.map((layer) => [
        layer,
        ...BY_LAYER.map((score) => withRange(cell('auc', score, layer, -1, k, name, POOLED))),
        ...BY_LAYER.slice(2, 3).map((score) => fixed(cell('pair-share', score, layer, -1, k, name, POOLED)?.value)),
      ]);
      return `#### ${name}\n\n${markdown(['layer', ...BY_LAYER, 'pairs, content'], rows)}`;
    })
    .join('\n\n');
}

function domainTable({ report, folder }) {
  const cell = cellsOf(folder);
  const { choice, paper } = report;
  const rows = report.corpus.domains.flatMap(({ domain, windows, documents }) =>
    [paper, choice].map((finding) => {
      const key = [finding.score, finding.layer, -1, finding.k ?? -1];
      return [
        domain,
        `${windows} of ${documents} documents`,
        nameOf({ ...finding, heads: 'all' }),
        ...report.controls.map(({ name }) => fixed(cell('auc', ...key, name, domain)?.value)),
        fixed(cell('spearman', ...key, 'nll-gain', domain)?.value),
      ];
    }),
  );
  return markdown(['domain', 'windows', 'score', ...report.controls.map(({ name }) => name), 'follows nll-gain'], rows);
}

function distanceTable({ report, folder }) {
  const cell = cellsOf(folder);
  const { choice } = report;
  const rows = report.corpus.k.map((k) => [
    k,
    ...report.controls.map(({ name }) => withRange(cell('auc', choice.score, choice.layer, -1, k, name, POOLED))),
  ]);
  return markdown(['k', ...report.controls.map(({ name }) => name)], rows);
}

function section(measured) {
  const { report, windows } = measured;
  const parts = [
    `## Windows of ${report.corpus.window.toLocaleString('en')} tokens, up to ${windows} a domain`,
    `Layers ${report.model.layers.join(', ')}; k = ${report.corpus.k.join(', ')}.`,
    '### What each score tells apart',
    prose(
      'AUC with its 95 % interval, pooled over the domains (standardised within each first). The row of the paper is over all windows.',
      'Every other row was chosen (layer, k, heads) on one half of the windows and measured on the other.',
    ),
    scoreTable(measured),
    `With shuffled labels the chosen score's AUC is ${withRange(report.shuffled)}.`,
    '### By domain, all windows',
    domainTable(measured),
    ...(report.corpus.k.length > 1 && report.choice.k !== null
      ? ['### By k, the chosen score, all windows', distanceTable(measured)]
      : []),
    '### By layer, all windows, all heads',
    layerTables(measured),
    '### In words',
    [...report.advice, ...report.controls.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`))]
      .map((sentence) => `- ${sentence}`)
      .join('\n'),
  ];
  return parts.join('\n\n');
}

/** @param measured name, window, windows, folder and report of each measurement @param missing what could not be measured */
export function evidencePage(measured, missing) {
  const { report } = measured[0];
  const controls = report.controls.map(({ name, higher, how }) => [
    name,
    how,
    higher === 'real' ? 'the real window' : 'the control',
  ]);
  return `${[
    '# Evidence',
    prose(
      'A score is worth what it can tell apart. This page holds the scores of longattn against windows of which it is known what far',
      'context they have. It is printed by `node scripts/evidence.mjs`; the same for your text and model: `longattn validate`.',
    ),
    `Model: ${report.model.architecture}, revision ${report.model.revision.slice(0, 12)}. Text: ${report.corpus.domains.map(({ domain }) => domain).join(', ')}.`,
    ...missing,
    '## The controls',
    'Each control is made, by a seed, from the real window that it is paired with. A score of long-range dependency must be higher for:',
    markdown(['control', 'how it is made', 'higher'], controls),
    prose(
      'Each has its blind spot. A splice also repeats itself less, so that counts find it easily: the matched controls take that away.',
      'The repetition control is where counts fail. Block shuffle moves away what was near, so that far attention must rise.',
      '`nll-gain` is no control but a yardstick: the loss of the model with the near context and the first 4 tokens only, minus the',
      'loss with all. It is what the far context is worth to the model, in nats a token.',
    ),
    '## At a glance',
    'AUC with its 95 % interval: 1 is always right, 0.5 is a coin, below is the wrong way round.',
    summaryTable(measured),
    '![AUC by layer and head](evidence-auc.svg)',
    ...measured.map(section),
    '## What this does not say',
    prose(
      'One small model, a few kinds of text, controls that are made by a rule. A larger model may find in its first layer what this one',
      'does not. Whether training on what is kept makes a better model is not measured here.',
    ),
  ].join('\n\n')}\n`;
}
