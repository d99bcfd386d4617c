// `longattn verify RUN --golden FILE`: same scores as before, or which not. For a user's CI: exit 0 or 3.
import type { CommandModule } from 'yargs';
import { parseRows } from '../../options/parse-rows.js';
import { VERIFY_COMMAND } from '../../options/verify-options.js';
import type { VerifyResult } from '../../verify/verify-scores.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions, once } from '../options.js';
import { printResult, renderTable } from '../output.js';

const EXIT_DIFFERENT = 3;

export const verifyCommand: CommandModule = {
  command: 'verify <run>',
  describe: 'compare the scores of a run with a golden file, head by head: exit 0 when equal, 3 when not',
  builder: (yargs) =>
    addOptions(yargs, VERIFY_COMMAND)
      .positional('run', { type: 'string', describe: 'the run directory', demandOption: true })
      .example('$0 verify RUN --golden golden.arrow --update', 'pin the scores')
      .example('$0 verify RUN --golden golden.arrow --rtol 1e-6', 'check them in CI'),
  handler: (argv) =>
    runCommand(argv, async ({ signal, json }) => {
      const { golden, rtol, update } = parseRows(VERIFY_COMMAND, collectOptions(VERIFY_COMMAND, argv));
      const run = once(argv, 'run')!;
      const { verify, writeGolden } = await import('../../verify/verify.js');
      if (update) {
        const rows = await writeGolden(run, golden);
        printResult(json ? JSON.stringify({ golden, rows }) : `${golden}: ${rows} rows written`);
        return;
      }
      const result = await verify(run, { golden, rtol }, { signal });
      printResult(json ? JSON.stringify(result, null, 2) : describe(result, golden));
      if (!result.ok) process.exitCode = EXIT_DIFFERENT;
    }),
};

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
