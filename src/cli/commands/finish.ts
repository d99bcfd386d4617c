// `longattn finish`: after the last worker, select and export; exit code 5 and the list where a part is missing.
import type { CommandModule } from 'yargs';
import { FINISH } from '../../options/cluster-options.js';
import { runCommand } from '../context.js';
import { collectOptions } from '../options.js';
import { printResult } from '../output.js';
import { runOptions, withRunOptions } from '../run-argument.js';
import { describeRun } from './stages.js';

export const finishCommand: CommandModule = {
  command: 'finish <run>',
  describe: 'check that all parts are there, then select and export; exit code 5 and the list where one is missing',
  builder: (yargs) =>
    withRunOptions(yargs, ['select', 'export'], FINISH).example('$0 finish RUN --then select --keep 20%', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const { finish } = await import('../../pipeline/finish.js');
      const summary = await finish(
        { ...runOptions(argv), ...collectOptions(FINISH, argv) },
        { signal, onProgress: progress.on },
      );
      progress.stop();
      printResult(json ? JSON.stringify(summary, null, 2) : describeRun(summary));
    }),
};
