// `run` and the stages by themselves: window, score, select, export. Each runs the stages before it that are not done.
import type { CommandModule } from 'yargs';
import { counted } from '../../base/counted.js';
import type { RunSummary } from '../../pipeline/pipeline.js';
import { describeRemoval } from '../removal-table.js';
import type { Group } from '../../options/row.js';
import { RUN } from '../../options/table.js';
import { lostRows } from '../../run/refused-files.js';
import { runCommand } from '../context.js';
import { addOptions } from '../options.js';
import { printResult, renderTable } from '../output.js';
import { runOptions } from '../run-argument.js';

function stageCommand(
  name: string,
  describe: string,
  groups: readonly Group[],
  stage: 'run' | 'window' | 'score' | 'select' | 'exportRun',
  example: string,
): CommandModule {
  return {
    command: `${name} [run]`,
    describe,
    builder: (yargs) =>
      addOptions(yargs, RUN, ['place', ...groups, 'machine'])
        .positional('run', { type: 'string', describe: 'the run directory: the same as -o RUN' })
        .example(`$0 ${name} ${example}`, ''),
    handler: (argv) =>
      runCommand(argv, async ({ signal, progress, json }) => {
        const pipeline = await import('../../pipeline/pipeline.js');
        const summary = await pipeline[stage](runOptions(argv), { signal, onProgress: progress.on });
        progress.stop();
        printResult(json ? JSON.stringify(summary, null, 2) : describeRun(summary));
      }),
  };
}

const CORPUS: readonly Group[] = ['input', 'model', 'window'];
const INPUT_EXAMPLE = '--input book=moby.txt --model models/smollm2-135m-layer0 --window 4096 -o RUN';

export const stageCommands: CommandModule[] = [
  stageCommand('run', 'text to data set: all stages', [...CORPUS, 'score', 'select', 'export'], 'run', INPUT_EXAMPLE),
  stageCommand('window', 'tokenise the corpus and cut it into windows', CORPUS, 'window', INPUT_EXAMPLE),
  stageCommand('score', 'compute attention statistics of the windows', [...CORPUS, 'score'], 'score', INPUT_EXAMPLE),
  stageCommand(
    'select',
    'rank and choose; re-running never touches the model',
    [...CORPUS, 'score', 'select'],
    'select',
    '-o RUN --keep 20% --alpha 0',
  ),
  stageCommand(
    'export',
    'write the kept windows as a data set; without options of a selection, those of the last one',
    [...CORPUS, 'score', 'select', 'export'],
    'exportRun',
    '-o RUN --format jsonl',
  ),
];

/** The table a domain that a person reads, and where the result is. */
export function describeRun(summary: RunSummary): string {
  const number = (value: number | undefined, digits: number): string =>
    value === undefined ? '' : value.toFixed(digits);
  const count = (value: number | undefined): string => (value === undefined ? '' : value.toLocaleString('en'));
  const whole = summary.domains.some(({ keptDocuments }) => keptDocuments !== undefined);
  const kept = whole ? 'kept documents' : 'kept';
  const rows = summary.domains.map((domain) => [
    domain.domain,
    count(domain.documents),
    count(domain.windows),
    count(domain.tokens),
    number(domain.dsMean, 4),
    domain.duMean === undefined ? '' : domain.duMean.toExponential(2),
    number(domain.scoreCut, 3),
    domain.kept === undefined ? '' : `${count(domain.keptDocuments ?? domain.kept)}`,
    count(domain.keptTokens),
  ]);
  const head = ['domain', 'documents', 'windows', 'tokens', 'DS mean', 'DU mean', 'score cut', kept, 'kept tokens'];
  // What no stage has told yet, or no model, is no column.
  const told = (_: string, column: number): boolean => column < 4 || rows.some((row) => row[column] !== '');
  const lines = [
    renderTable(
      head.filter(told),
      rows.map((row) => row.filter(told)),
    ),
  ];
  if (summary.nullModel) {
    const { k, window: length, ds } = summary.nullModel;
    lines.push(`DS of uniform attention: ${ds.toFixed(4)} (at k = ${count(k)} of ${count(length)} tokens)`);
  }
  if (summary.shortDocuments > 0)
    lines.push(`${counted(summary.shortDocuments, 'document')} shorter than a window left out`);
  if (summary.rejects > 0) lines.push(`${counted(summary.rejects, 'row')} refused: ${summary.rejectsPath}`);
  for (const file of summary.refused) {
    lines.push(`refused: ${file.file} (${file.reason}; ${lostRows(file)}): ${summary.rejectsPath}`);
  }
  if (summary.nonFinite > 0) {
    lines.push(`${counted(summary.nonFinite, 'row')} with NaN or Infinity, which is no JSON: read as null`);
  }
  if (summary.removal) lines.push(describeRemoval(summary.removal));
  lines.push(summary.result);
  if (summary.uploaded !== undefined) lines.push(summary.uploaded);
  return lines.join('\n');
}
