// The certificate of a choice: one page that a person reads and a data card carries. What was chosen, on what, what it is worth to this
// model, what it was tested by, what it costs, and what it does not say.
import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../io/canonical-json.js';
import { POOLED } from './cells.js';
import { fittedChoice, fittedOn, fittedTo, gainRange } from './advice.js';
import type { EvidenceReport } from './report.js';
import { nameOf, natsRange, range, seconds, shortName } from './wording.js';

export interface Certificate {
  /** Of the facts as canonical JSON: names this page in a selection's metadata. */
  sha256: string;
  /** False where the choice was found to say nothing: a run with it is refused. */
  tells: boolean;
  facts: JsonObject;
  /** The page, as Markdown. */
  page: string;
}

export function certify(report: EvidenceReport, version: string): Certificate {
  const { model, corpus, choice, guard, lift, tells } = report;
  const facts = {
    longattn: version,
    model: { architecture: model.architecture, revision: model.revision },
    corpus: { window: corpus.window, seed: corpus.seed, domains: corpus.domains },
    choice: { score: choice.score, layer: choice.layer, heads: choice.heads, k: choice.k },
    fit: fittedChoice(report),
    tells,
    lift: choice.lift,
    share: lift?.share ?? null,
    ceiling: lift?.ceiling ?? null,
    controls: controlsOf(report),
    guard,
    seconds: choice.seconds,
  } as unknown as JsonObject;
  const sha256 = createHash('sha256').update(canonicalJson(facts)).digest('hex');
  return { sha256, tells, facts, page: page(report, version, sha256) };
}

interface ControlLine {
  control: string;
  counts: boolean;
  auc: number | null;
}

function controlsOf({ verdicts, choice }: EvidenceReport): ControlLine[] {
  return verdicts.map(({ control, counts }) => {
    const cell = choice.tested.find(
      ({ against, metric, domain }) => against === control && metric === 'auc' && domain === POOLED,
    );
    return { control, counts, auc: cell?.interval.value ?? null };
  });
}

function page(report: EvidenceReport, version: string, sha256: string): string {
  const { model, corpus, choice, guard, tells } = report;
  const domains = corpus.domains.map(
    ({ domain, windows, documents }) => `${domain} ${windows} of ${documents} documents`,
  );
  const headline = shortName(choice, report).replace(/^t/, 'T');
  return [
    '## Certificate of the choice',
    '',
    tells
      ? `${headline} says something of this corpus to this model.`
      : `${headline} was NOT found to say anything of this corpus: a selection by it is as good as chance.`,
    '',
    '| | |',
    '| --- | --- |',
    row('model', `${model.architecture}, revision ${model.revision.slice(0, 12)}`),
    row('corpus', `${domains.join('; ')}; windows of ${corpus.window} tokens, seed ${corpus.seed}`),
    row('choice', nameOf(choice)),
    ...fitted(report),
    row('worth to this model', worth(report)),
    ...controlsOf(report).map(({ control, counts, auc }) =>
      row(
        `against ${control}`,
        `AUC ${auc === null ? 'not measured' : auc.toFixed(2)}${counts ? '' : '; does not count: the yardstick does not show its direction'}`,
      ),
    ),
    row(
      'guard',
      `windows with more than ${percent(guard.maxRepeats)} inside a repeat of ${guard.tokens} tokens are passed over`,
    ),
    row('cost', choice.seconds === null ? 'not measured' : `${seconds(choice.seconds)} of CPU a window`),
    row('made by', `longattn ${version}, sha256 ${sha256}`),
    '',
    `${chosenHow(report)} It says what the far context is worth to this model in the kept windows,`,
    'not that a model trained on them is better.',
    '',
  ].join('\n');
}

function fitted(report: EvidenceReport): string[] {
  const fit = fittedChoice(report);
  if (!fit) return [];
  const more = fit.against.map((rival) => `${gainRange(rival.difference, report.choice)} more than ${nameOf(rival)}`);
  return [row('fitted', `to ${fittedTo(fit)}, on ${fittedOn(fit)}; has ${more.join(', ')}`)];
}

function chosenHow(report: EvidenceReport): string {
  return fittedChoice(report)
    ? 'Fitted on one half of the windows; the other half took it before the best single score, and measured it.'
    : 'Chosen on one half of the windows, measured on the other.';
}

function worth({ choice, lift }: EvidenceReport): string {
  if (!choice.lift || !lift) return 'not measured: the losses need the whole model';
  const { ratio, nats, kept } = choice.lift;
  const times = ratio ? `lift ${range(ratio)} (chance 1, at most ${ceiling(lift)})` : 'no lift: the mean gain may be 0';
  return `${times}; ${natsRange(nats)}; best ${kept} windows (${percent(lift.share)})`;
}

function ceiling({ ceiling: { ratio } }: NonNullable<EvidenceReport['lift']>): string {
  return ratio ? ratio.value.toFixed(2) : 'unknown';
}

const row = (name: string, value: string): string => `| ${name} | ${value.replaceAll('|', '\\|')} |`;
const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
