// `longattn verify RUN --golden FILE`: same scores as before, or which not. For a user's CI: exit 0 or 3.
import type { CommandModule } from 'yargs';
import { invalid } from '../../base/errors.js';
import { loadRun } from '../../run/directory.js';
import { verifyScores, writeGolden, type VerifyResult } from '../../verify/verify-scores.js';
import { runCommand } from '../context.js';
import { printResult, renderTable } from '../output.js';

const EXIT_DIFFERENT = 3;

export const verifyCommand: CommandModule = {
  command: 'verify <run>',
  describe: 'compare the scores of a run with a golden file, head by head: exit 0 when equal, 3 when not',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'the run directory', demandOption: true })
      .option('golden', { type: 'string', requiresArg: true, demandOption: true, describe: 'the golden .arrow file' })
      .option('rtol', {
        type: 'string',
        requiresArg: true,
        defaultDescription: '1e-5',
        describe: 'largest relative error',
      })
      .option('update', { type: 'boolean', describe: 'write the golden file from this run' })
      .example('$0 verify RUN --golden golden.arrow --update', 'pin the scores')
      .example('$0 verify RUN --golden golden.arrow --rtol 1e-6', 'check them in CI'),
  handler: (argv) =>
    runCommand(argv, async ({ signal, json }) => {
      const golden = argv['golden'] as string;
      const run = await loadRun(argv['run'] as string);
      if (argv['update'] === true) {
        const rows = await writeGolden(run, golden);
        printResult(json ? JSON.stringify({ golden, rows }) : `${golden}: ${rows} rows written`);
        return;
      }
      const result = await verifyScores(run, { golden, signal, rtol: toleranceOf(argv['rtol']) });
      printResult(json ? JSON.stringify(result, null, 2) : describe(result, golden));
      if (!result.ok) process.exitCode = EXIT_DIFFERENT;
    }),
};

function toleranceOf(value: unknown): number {
  const rtol = value === undefined ? 1e-5 : Number(value);
  if (!(rtol >= 0)) throw invalid('rtol', value, 'a number from 0, such as 1e-5');
  return rtol;
}

function describe(result: VerifyResult, golden: string): string {
  const rows = result.worst.map(({ column, domain, windowId, layer, head, index, run, golden: expected, error }) => [
    ...[column, domain, windowId, String(layer), `${head ?? ''}`, `${index ?? ''}`],
    ...[run.toPrecision(9), expected.toPrecision(9), error.toExponential(2)],
  ]);
  const lines = [
    renderTable(['column', 'domain', 'window', 'layer', 'head', 'bin', 'run', 'golden', 'worst error'], rows),
    ...missing('only in the golden file', result.missingInRun),
    ...missing('only in the run', result.missingInGolden),
    ...result.unlike.rows.map(
      ({ windowId, layer, reason }) => `not comparable: ${windowId}, layer ${layer}: ${reason}`,
    ),
    ...result.metadata.map(
      ({ name, run, golden: other }) => `note: ${name} is ${run ?? 'absent'}, in the golden file ${other ?? 'absent'}`,
    ),
    `${result.rows} rows compared with ${golden}, ${result.rowsBeyond} beyond ${result.rtol}: ${result.ok ? 'equal' : 'DIFFERENT'}`,
  ];
  return lines.join('\n');
}

function missing(what: string, { count, rows }: VerifyResult['missingInRun']): string[] {
  const named = rows.map(({ windowId, layer }) => `${windowId} (layer ${layer})`).join(', ');
  return count === 0 ? [] : [`${count} rows ${what}: ${named}${count > rows.length ? ', ...' : ''}`];
}
