// `longattn validate`: what the model, its layers, heads and k, and each score can tell apart on the user's own text.
import type { CommandModule } from 'yargs';
import { VALIDATE, type ValidationOptions } from '../../options/validate-options.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions } from '../options.js';
import { printResult } from '../output.js';
import { withOutput } from '../run-argument.js';

export const validateCommand: CommandModule = {
  command: 'validate [run]',
  describe: 'say what the model and each score can tell apart on this corpus, before you spend on it',
  builder: (yargs) =>
    addOptions(yargs, VALIDATE)
      .positional('run', { type: 'string', describe: 'the folder of the validation: the same as -o RUN' })
      .example('$0 validate CHECK --input book=moby.txt --model MODEL --window 2048 --layers 0,8,16,24', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const { validateRun } = await import('../../evidence/validate-run.js');
      const { describeEvidence } = await import('./evidence-table.js');
      const options = collectOptions(VALIDATE, withOutput(argv)) as unknown as ValidationOptions;
      const result = await validateRun(options, { signal, onProgress: progress.on });
      progress.stop();
      printResult(json ? JSON.stringify(result, null, 2) : describeEvidence(result));
    }),
};
