// `longattn report RUN`: the page that shows why windows were chosen.
import type { CommandModule } from 'yargs';
import { counted } from '../../base/counted.js';
import { parseRows } from '../../options/parse-rows.js';
import { REPORT } from '../../options/report-options.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions, once } from '../options.js';
import { printResult } from '../output.js';

export const reportCommand: CommandModule = {
  command: 'report <run>',
  describe: 'a page that shows why windows were chosen, and what another choice would keep',
  builder: (yargs) =>
    addOptions(yargs, REPORT)
      .positional('run', { type: 'string', describe: 'the run directory, with a selection', demandOption: true })
      .example('$0 report RUN', '')
      .example('$0 report RUN --scores content,last-recurrence-2 -o page', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const options = parseRows(REPORT, collectOptions(REPORT, argv));
      const { report } = await import('../../report/report.js');
      const result = await report(once(argv, 'run')!, options, { signal, onProgress: progress.on });
      progress.stop();
      const { page, windows, texts, bytes } = result;
      printResult(
        json
          ? JSON.stringify(result, null, 2)
          : `${counted(windows, 'window')}, ${texts.toLocaleString('en')} with text, ${(bytes / 1e6).toFixed(1)} MB\n${page}`,
      );
    }),
};
