// `longattn validate`: what the model, its layers, heads and k, and each score can tell apart on the user's own text.
import type { CommandModule } from 'yargs';
import { range, seconds } from '../../evidence/advice.js';
import { NLL_GAIN } from '../../evidence/cells.js';
import { CONTROLS } from '../../evidence/controls/registry.js';
import type { Finding } from '../../evidence/report.js';
import type { ValidateResult } from '../../evidence/validate.js';
import { validateRun } from '../../evidence/validate-run.js';
import { runCommand } from '../context.js';
import { withOptions } from '../options.js';
import { printResult, renderTable } from '../output.js';

const NAMES = CONTROLS.map(({ name }) => name);
/** Named as in ValidateInput; all text, parsed there. */
const OPTIONS = {
  layers: { describe: 'layers to look at: 0, a list such as 0,8,16, or all', defaultDescription: '0 and three more' },
  k: { describe: 'minimum distances: "quarter" or a list of bin edges floor(j*W/32)', defaultDescription: 'quarter' },
  windows: { describe: 'real windows a domain', defaultDescription: '16' },
  controls: { describe: `controls to make: ${NAMES.join(', ')}`, defaultDescription: 'all' },
  loss: {
    describe: `measure ${NLL_GAIN} (needs the whole model): none, real windows, or all`,
    defaultDescription: 'real, if the whole model is there',
  },
  seed: { describe: 'of samples and controls', defaultDescription: '1' },
  'rope-theta': { describe: "RoPE base instead of the model's own" },
  dtype: { describe: 'what layers are run in: float32, or weights (as stored)', defaultDescription: 'float32' },
} as const;

export const validateCommand: CommandModule = {
  command: 'validate',
  describe: 'say what the model and each score can tell apart on this corpus, before you spend on it',
  builder: (yargs) => {
    withOptions(yargs, ['input', 'window', 'machine'])
      .option('window', { defaultDescription: '2048' })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: 'folder of the validation; the same command goes on where it was stopped',
      });
    for (const [name, option] of Object.entries(OPTIONS)) {
      yargs.option(name, { type: 'string', requiresArg: true, group: 'Evidence:', ...option });
    }
    return yargs
      .option('tokens', {
        type: 'boolean',
        group: 'Evidence:',
        describe: 'also the scores that need the far mass of each token',
      })
      .example('$0 validate --input book=moby.txt --model MODEL --window 2048 --layers 0,8,16,24 -o CHECK', '');
  },
  handler: (argv) =>
    runCommand(argv, async ({ options, signal, progress, json }) => {
      const own = Object.fromEntries(
        (['k', 'windows', 'controls', 'loss', 'seed', 'tokens'] as const).map((name) => [name, argv[name]]),
      );
      const raw = { ...options, ...own, layer: argv['layers'] ?? options.layer };
      const result = await validateRun(raw, { signal, onProgress: progress.on });
      progress.stop();
      printResult(json ? JSON.stringify(result, null, 2) : describeEvidence(result));
    }),
};

/** A row a score, a column a control; then what it means, and where the rest is. */
export function describeEvidence({ report, files, certificate }: ValidateResult): string {
  const controls = report.controls.filter(({ name }) => report.choice.tested.some(({ against }) => against === name));
  const shown = [report.paper, report.choice, ...report.findings.filter((one) => !same(one, report.choice))];
  const rows = shown.map((finding, at) => [
    `${name(finding)}${at === 0 ? ' (the paper)' : at === 1 ? ' (chosen)' : ''}`,
    finding.lift?.ratio?.value.toFixed(2) ?? '',
    ...controls.map((control) => value(finding, 'auc', control.name)),
    value(finding, 'spearman', NLL_GAIN),
    finding.seconds === null ? '' : seconds(finding.seconds),
  ]);
  const head = ['score', 'lift', ...controls.map((one) => one.name), `follows ${NLL_GAIN}`, 'CPU a window'];
  return [
    renderTable(head, rows),
    'Lift of what is kept (1: chance), AUC against each control (1: always right, 0.5: chance), Spearman in the column "follows"; behind the',
    'guard against repeats. Layers, k and heads were chosen on one half of the windows and measured on the other; the first row is on all.',
    ...(report.lift ? [ceilingLine(report.lift)] : []),
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
