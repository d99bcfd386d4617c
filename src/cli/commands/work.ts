// `longattn work`: one worker of a run. A first signal ends it after its segment, a second at once.
import type { CommandModule } from 'yargs';
import { counted } from '../../base/counted.js';
import { LongattnError } from '../../base/errors.js';
import { requeue, slurmTask } from '../../cluster/requeue.js';
import type { WorkSummary } from '../../pipeline/work.js';
import { WORK, WORK_COMMAND } from '../../options/cluster-options.js';
import { parseRows } from '../../options/parse-rows.js';
import { reportError } from '../context.js';
import { collectOptions } from '../options.js';
import { ProgressPrinter, type LogFormat } from '../progress.js';
import { runOptions, withRunOptions } from '../run-argument.js';
import { printResult } from '../output.js';

/** EX_TEMPFAIL of sysexits.h: try again. */
const TRY_AGAIN = 75;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const;
const PARENT_POLL_MS = 1000;

export const workCommand: CommandModule = {
  command: 'work <run>',
  describe: 'make whatever parts of a run are open: any number of workers, anywhere, at any time',
  builder: (yargs) =>
    withRunOptions(yargs, ['input', 'model', 'window', 'score', 'machine'], WORK_COMMAND).example(
      '$0 work RUN --wait --device cuda',
      '',
    ),
  handler: async (argv) => {
    const { dieWithParent } = parseRows(WORK_COMMAND, collectOptions(WORK_COMMAND, argv));
    const progress = new ProgressPrinter(argv['logFormat'] as LogFormat);
    const drain = new AbortController();
    const stop = new AbortController();
    let received: NodeJS.Signals | 'parent' | undefined;
    const end = (cause: NodeJS.Signals | 'parent'): void => {
      const why = new LongattnError(
        'STOPPED',
        cause === 'parent' ? 'the process that started this one ended' : `stopped by ${cause}`,
      );
      if (received) stop.abort(why);
      received ??= cause;
      progress.line(`${why.message}: ending after what is at work; another worker goes on from there`);
      drain.abort(why);
    };
    for (const signal of SIGNALS) process.on(signal, end);
    const parent = process.ppid;
    const watch = dieWithParent
      ? setInterval(() => process.ppid !== parent && end('parent'), PARENT_POLL_MS).unref()
      : undefined;
    try {
      const { work } = await import('../../pipeline/work.js');
      const summary = await work(
        { ...runOptions(argv), ...collectOptions(WORK, argv) },
        { drain: drain.signal, signal: stop.signal, onProgress: progress.on },
      );
      progress.stop();
      printResult(argv['json'] ? JSON.stringify(summary, null, 2) : describeWork(summary));
      if (summary.stopped !== undefined) {
        process.exitCode = TRY_AGAIN;
        if (received !== 'SIGINT' && received !== 'parent') await comeBack(received !== 'SIGTERM', progress);
      }
    } catch (error) {
      progress.stop();
      process.exitCode = stop.signal.aborted ? TRY_AGAIN : reportError(error, argv['logFormat'] === 'json');
    } finally {
      progress.stop();
      clearInterval(watch);
      for (const signal of SIGNALS) process.off(signal, end);
    }
  },
};

/** A job that cannot be queued again is submitted again by a person. */
async function comeBack(certain: boolean, progress: ProgressPrinter): Promise<void> {
  const task = slurmTask(process.env);
  if (task === undefined) return;
  await requeue(task, certain).catch((error: unknown) => {
    progress.line(`scontrol requeue ${task} failed (${(error as Error).message.trim()}): submit the workers again`);
  });
}

function describeWork({ run, parts, windows, scores, made, stopped }: WorkSummary): string {
  const [scored, ofScores] =
    scores === undefined ? ['', ''] : [` and ${made.scores} of scores`, `, scores ${scores}/${parts}`];
  const here = `made ${counted(made.windows, 'part')} of windows${scored}`;
  const all = `${run}: windows ${windows}/${parts}${ofScores}`;
  return [stopped === undefined ? here : `${here}; ${stopped}`, all].join('\n');
}
