// What to do now, in one sentence: the first of the advice, and what a reader with no time takes along.
import type { Cell } from './cells.js';
import type { EvidenceReport } from './report.js';
import { natsRange, range, shortName } from './wording.js';

type Facts = Omit<EvidenceReport, 'advice'>;

export function bottomLine(report: Facts): string {
  const { choice, tells } = report;
  const name = shortName(choice, report);
  if (tells)
    return `Select by ${name}: \`longattn run --config\` takes the choice.json that stands beside this report.`;
  const windows = windowsNeeded(report);
  const next = windows === undefined ? 'more --windows, or another model' : `--windows ${windows}`;
  return (
    `Select nothing by these scores yet: the best choice found, ${name}, is not parted from chance on windows that it was not chosen on` +
    `${failing(report)}. Next: validate again with ${next}.`
  );
}

/** What keeps it from being trusted: its lift, else the controls that judge it and that it does not tell. */
function failing({ choice, verdicts }: Facts): string {
  if (choice.lift) {
    const { ratio, nats } = choice.lift;
    return ratio ? ` (lift ${range(ratio)}; chance is 1)` : ` (${natsRange(nats)}; chance is 0)`;
  }
  if (!verdicts.some(({ counts }) => counts)) return ' (no control judges it)';
  const cells = untold({ choice, verdicts });
  return cells.length === 0
    ? ''
    : ` (${cells.map(({ against, interval }) => `${against}: AUC ${range(interval)}`).join('; ')}; chance is 0.5)`;
}

/** Controls that judge the choice, and whose interval reaches down to chance. */
function untold({ choice, verdicts }: Pick<Facts, 'choice' | 'verdicts'>): Cell[] {
  const judging = new Set(verdicts.filter(({ counts }) => counts).map(({ control }) => control));
  return choice.tested.filter(
    ({ metric, against, interval }) => metric === 'auc' && judging.has(against) && interval.low <= 0.5,
  );
}

/** Windows a domain that would part the choice from chance if its numbers stay: an interval shrinks with the root of their number. */
function windowsNeeded({ choice, verdicts, corpus }: Facts): number | undefined {
  const gaps = choice.lift
    ? [{ ...choice.lift.nats, chance: 0 }]
    : untold({ choice, verdicts }).map(({ interval }) => ({ ...interval, chance: 0.5 }));
  const times = Math.max(...gaps.map(({ value, low, high, chance }) => growth(value - chance, (high - low) / 2)));
  const now = Math.max(...corpus.domains.map(({ windows }) => windows));
  const needed = Math.ceil(now * times);
  return Number.isFinite(needed) && needed > now ? needed : undefined;
}

/** By how many times the windows must be more for half an interval to be as small as what it lies above chance. */
const growth = (above: number, half: number): number => (above > 0 ? (half / above) ** 2 : Infinity);
