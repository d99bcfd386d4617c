// The first screen of docs/evidence.md: what was found, a short table of lifts, and what a choice should have, with the figures.
//
// All figures are taken from the digests of the plans. The sentences around them are about these texts: they are read again when a plan is measured anew.
import { fixed, markdown, nameOf, withRange } from './evidence-tables.mjs';

/** A share of the ceiling that is worth having, as an aim. */
const AIM = 0.85;
/** Where the aim was set before anything was decided. */
const SIX = ['book', 'code', 'latex', 'speech', 'cpython', 'perl'];
const COUNT = { score: 'last-recurrence-3', layer: null };
const ATTENTION = { score: 'content', layer: 14 };
const PAPER = { score: 'longattn', layer: 0 };
const CEILING = { score: 'nll-gain', layer: null };
const SHOWN = [
  PAPER,
  { score: 'gzip', layer: null },
  { score: 'recurrence-2', layer: null },
  { score: 'last-recurrence-1', layer: null },
  { score: 'last-recurrence-2', layer: null },
  COUNT,
  { score: 'content', layer: 7 },
  ATTENTION,
];

const prose = (...lines) => lines.join('\n');
const hasLift = ({ lift }) => lift !== null;
const liftsOf = ({ lifts }, { score, layer }) => lifts.find((one) => one.score === score && one.layer === layer);
/** Each text of each plan with lifts, and its place there. */
const texts = (measured) =>
  measured.filter(hasLift).flatMap((one) => one.domains.map(({ domain }, at) => ({ one, domain, at })));
const cellIn = ({ one, at }, about) => liftsOf(one, about)?.domains[at];

/** Lift over that of the ceiling, a text each. @param about a score, or what names it of a plan */
function shares(places, about) {
  return places.flatMap((place) => {
    const share = cellIn(place, about(place.one))?.share ?? null;
    return share === null ? [] : [{ domain: place.domain, share }];
  });
}

const reached = (found) => found.filter(({ share }) => share >= AIM).length;
const listed = (found) => found.map(({ domain, share }) => `${domain} ${fixed(share)}`).join(', ');
const pooled = (one, about) => withRange(liftsOf(one, about).all.ratio);

/** What a reader should know first. */
export function foundSection(measured) {
  const places = texts(measured);
  if (places.length === 0) return ['Not measured yet.'];
  const plans = measured.filter(hasLift);
  const count = shares(places, () => COUNT);
  const attention = shares(places, () => ATTENTION);
  const telling = plans.filter(({ tells }) => tells);
  const { text, layers } = plans.at(-1).costs;
  const times = Math.round(layers[ATTENTION.layer] / text[COUNT.score] / 1000) * 1000;
  return [
    [
      `- **The paper's score keeps about what chance keeps.** \`longattn\` of layer 0 has a lift of ${plans.map((one) => pooled(one, PAPER)).join('; ')} on the ${plans.length} sets of texts; chance gives 1.`,
      `- **A count of tokens is the best buy.** \`${COUNT.score}\` has ${fixed(AIM)} or more of the lift that can be had on ${reached(count)} of ${count.length} texts (${listed(count)}). It needs no model.`,
      `- **Attention in the middle of the model is as good on some texts, and no better on all.** ${nameOf(ATTENTION)} reaches it on ${reached(attention)} of ${attention.length} (${listed(attention)}), and costs ${times.toLocaleString('en')} times as much.`,
      `- **Sixteen windows a text do not always prove a choice.** On windows that it was not chosen on, the choice was parted from chance on ${telling.length} of ${plans.length} sets of texts. Read the intervals.`,
    ].join('\n'),
    prose(
      '**What to do:** select by the count (`longattn run --score last-recurrence-2 --tokenizer DIR`, or `-3`); then run `longattn validate` on your',
      'own text and model with as many `--windows` as you can wait for; keep to its choice where the certificate says that it tells something.',
    ),
  ];
}

/** Lift without intervals, a column a text: evidence-scores.md has all scores, with them. */
export function shortLiftTable(measured) {
  const places = texts(measured);
  const cells = (about) => places.map((place) => fixed(cellIn(place, about(place.one))?.ratio?.value));
  return markdown(
    ['score', ...places.map(({ domain }) => domain)],
    [
      ['chance', ...places.map(() => '1')],
      ...SHOWN.map((about) => [nameOf(about), ...cells(() => about)]),
      ['what `validate` chose', ...cells(({ choice }) => choice)],
      ['**the ceiling**', ...cells(() => CEILING)],
    ],
  );
}

const tested = ({ choice }, name) => choice.tested.find(({ control }) => control === name);

/** Share of pairs of the yardstick itself, of the same texts, whichever plan has measured it: the windows are made alike. */
function yardstickOf(measured, one, control) {
  const textsOf = ({ domains, window }) => domains.map(({ domain }) => domain).join() + window;
  return measured
    .filter((other) => textsOf(other) === textsOf(one))
    .flatMap(
      ({ verdicts, yardsticks }) =>
        verdicts.find((verdict) => verdict.control === control)?.yardstick ?? yardsticks[control] ?? [],
    )[0];
}

/** Pairs that the choice of a plan has right, beside those that the yardstick has. */
export function yardstickTable(measured, one) {
  const rows = one.controls.flatMap(({ name }) => {
    const choice = tested(one, name)?.pairs;
    const own = yardstickOf(measured, one, name);
    return choice && own ? [[name, withRange(choice), withRange(own), own.pairs]] : [];
  });
  return markdown(['control', `${nameOf(one.choice)}, the choice`, '`nll-gain`', 'pairs of `nll-gain`'], rows);
}

/** The highest AUC of any score with all heads on a control, all windows. */
function highest(one, control) {
  const rows = one.cells.filter(({ against }) => against === control);
  const best = rows.reduce((a, b) => (b.auc.value > a.auc.value ? b : a));
  return `${nameOf(best)} has the most, ${fixed(best.auc.value)}`;
}

/** Of fewer pairs than a validation has of each control the yardstick says nothing: 2 right of 5 may be 0.12 or 0.77. */
const YARDSTICK_PAIRS = 8;

/** Whether the choice has as many pairs right as the yardstick. */
function likeYardstick(measured, one, control) {
  const own = yardstickOf(measured, one, control);
  return own !== undefined && own.pairs >= YARDSTICK_PAIRS && tested(one, control).pairs.value >= own.value;
}

/** A row of what the choice of each plan tells apart. `orYardstick`: as many pairs as the yardstick has right are enough. */
function controlRow(measured, control, aim, why, orYardstick = false) {
  const found = measured.flatMap((one) => {
    const interval = tested(one, control)?.auc;
    return interval ? [{ one, interval }] : [];
  });
  const enough = ({ one, interval }) => interval.value >= aim || (orYardstick && likeYardstick(measured, one, control));
  const missed = found.filter((cell) => !enough(cell));
  const met = found.length - missed.length;
  return [
    `${control}: AUC of the choice >= ${fixed(aim)}${orYardstick ? `, or as many pairs as the yardstick has right (of ${YARDSTICK_PAIRS} or more)` : ''}`,
    met === found.length ? 'yes' : met === 0 ? 'no' : `${met} of ${found.length}`,
    found.map(({ one, interval }) => `${one.name} ${withRange(interval)}`).join('; '),
    why(missed.map(({ one }) => one)),
  ];
}

/** What a choice was asked for, and whether it has it. */
export function aimsTable(measured) {
  const places = texts(measured);
  const of = (some) => places.filter(({ domain }) => SIX.includes(domain) === some);
  const chosen = (one) => one.choice;
  const liftRow = (name, some, least) => {
    const found = shares(some, chosen);
    const same = shares(some, () => COUNT);
    return [
      `${name}: lift of the choice >= ${fixed(AIM)} of the ceiling, on ${least} of ${some.length}`,
      reached(found) >= least ? 'yes' : 'no',
      `${reached(found)} of ${found.length}: ${listed(found)}`,
      reached(found) >= least
        ? ''
        : found.every(({ share }, at) => share === same[at].share)
          ? 'the choice is a count, and on the rest it has less'
          : `half of the windows decide, and part few scores: \`${COUNT.score}\` has it on ${reached(same)} of ${same.length} (${listed(same)})`,
    ];
  };
  const byYardstick = (control) => (missed) =>
    missed
      .map((one) => {
        const own = yardstickOf(measured, one, control);
        const other = own
          ? `the yardstick itself is right in ${withRange(own)} of ${own.pairs} pairs`
          : 'its yardstick is not measured';
        return `${one.name}: ${other}; ${highest(one, control)}`;
      })
      .join('. ');
  const random = measured
    .filter(hasLift)
    .map((one) => ({ one, lift: liftsOf(one, { score: 'random', layer: null }).all.ratio }));
  const rows = [
    liftRow(`${SIX.join(', ')}`, of(true), 5),
    liftRow('Text that nothing was decided by', of(false), Math.ceil(AIM * of(false).length)),
    [
      '`random`: lift 1',
      random.every(({ lift }) => lift.low <= 1 && lift.high >= 1) ? 'yes' : 'no',
      random.map(({ one, lift }) => `${one.name} ${withRange(lift)}`).join('; '),
      '',
    ],
    controlRow(measured, 'splice', 0.9, byYardstick('splice')),
    controlRow(measured, 'matched-gzip', 0.9, byYardstick('matched-gzip')),
    controlRow(measured, 'repetition', 0.95, byYardstick('repetition')),
    controlRow(measured, 'same-document', 0.75, byYardstick('same-document'), true),
    controlRow(measured, 'matched-recurrence', 0.75, byYardstick('matched-recurrence'), true),
    [
      'the choice tells something of windows that it was not made from',
      measured.every(({ tells }) => tells)
        ? 'yes'
        : `${measured.filter(({ tells }) => tells).length} of ${measured.length}`,
      measured.map(({ name, tells }) => `${name} ${tells ? 'yes' : 'no'}`).join('; '),
      'an interval from half of the windows is wide: `validate` says how many would do',
    ],
  ];
  return markdown(['a choice should have', 'has it', 'figures, by plan', 'why not'], rows);
}
