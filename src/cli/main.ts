#!/usr/bin/env node
// The command line: one file a command under commands/, one table of options, one mapping of errors to exit codes.
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { version } from '../base/version.js';
import { annotateCommand } from './commands/annotate.js';
import { attentionCommand } from './commands/attention.js';
import { checkCommand } from './commands/check.js';
import { doctorCommand } from './commands/doctor.js';
import { finishCommand } from './commands/finish.js';
import { kubernetesCommand } from './commands/kubernetes.js';
import { modelCommand } from './commands/model.js';
import { planCommand } from './commands/plan.js';
import { reportCommand } from './commands/report.js';
import { serveCommand } from './commands/serve.js';
import { setupCommand } from './commands/setup.js';
import { showCommand } from './commands/show.js';
import { slurmCommand } from './commands/slurm.js';
import { stageCommands } from './commands/stages.js';
import { statsCommand } from './commands/stats.js';
import { statusCommand } from './commands/status.js';
import { validateCommand } from './commands/validate.js';
import { verifyCommand } from './commands/verify.js';
import { workCommand } from './commands/work.js';
import { reportError, withGlobals } from './context.js';
import { watchOutputs } from './output.js';
import { usageError, type Place } from './usage-error.js';

const parser = withGlobals(yargs(hideBin(process.argv)))
  .scriptName('longattn')
  .usage('$0 COMMAND\n\nPick the documents that teach a language model to use long context.')
  .command([...stageCommands, planCommand, workCommand, statusCommand, slurmCommand, kubernetesCommand, finishCommand])
  .command([checkCommand, annotateCommand, reportCommand, serveCommand, statsCommand, showCommand])
  .command([verifyCommand, validateCommand, attentionCommand])
  .command([modelCommand, setupCommand, doctorCommand])
  // Else yargs takes that of the package.json around the user's folder.
  .version(version)
  .demandCommand(1, 'Name a command.')
  .strict()
  .parserConfiguration({ 'boolean-negation': false, 'parse-numbers': false, 'duplicate-arguments-array': true })
  // Without a second column, which would break the first example into two lines.
  .example('$0 run --input book=moby.txt --model models/smollm2-135m-layer0 --window 4096 --output RUN', '')
  .example('$0 select --output RUN --keep-tokens 1.5B', '')
  .epilogue(
    'Options also come from LONGATTN_* variables and --config FILE. Exit codes: 0 done, 1 fault, 2 usage, 3 data, 4 environment, 5 some parts failed, 75 try again (work).',
  )
  .wrap(Math.min(120, process.stdout.columns ?? 120))
  .exitProcess(false)
  .fail((message, error) => {
    // What yargs itself throws is about usage too, such as an option without its value.
    if (error && error.name !== 'YError') throw error;
    throw usageError(message ?? error.message, hideBin(process.argv), placeOf(parser));
  });

/** Where yargs is: its types do not tell. */
function placeOf(at: unknown): Place {
  const place = at as {
    getInternalMethods(): {
      getContext(): { commands: string[]; fullCommands: string[] };
      getCommandInstance(): { getCommands(): string[] };
    };
    getOptions(): { key: object };
  };
  const methods = place.getInternalMethods();
  const { commands, fullCommands } = methods.getContext();
  const below = methods.getCommandInstance().getCommands();
  return { commands, below, usage: fullCommands.at(-1), options: Object.keys(place.getOptions().key) };
}

const report = (error: unknown): number =>
  reportError(error, /(^| )--log-format[= ]json( |$)/.test(hideBin(process.argv).join(' ')));

watchOutputs(report);
try {
  await parser.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
