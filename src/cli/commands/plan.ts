// `longattn plan`: start a run without working on it, and say how large it is.
import type { CommandModule } from 'yargs';
import { counted } from '../../base/counted.js';
import type { PlanSummary } from '../../pipeline/plan.js';
import { PLAN } from '../../options/cluster-options.js';
import { runCommand } from '../context.js';
import { collectOptions } from '../options.js';
import { printResult } from '../output.js';
import { runOptions, withRunOptions } from '../run-argument.js';

export const planCommand: CommandModule = {
  command: 'plan <run>',
  describe: 'start a run without working on it: parts, files, and with --rate hours',
  builder: (yargs) =>
    withRunOptions(yargs, ['input', 'model', 'window', 'score'], PLAN).example(
      '$0 plan RUN --input book=books/ --model meta-llama/Llama-3.1-8B --rate 150K',
      '',
    ),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const { plan } = await import('../../pipeline/plan.js');
      const summary = await plan(
        { ...runOptions(argv), ...collectOptions(PLAN, argv) },
        { signal, onProgress: progress.on },
      );
      progress.stop();
      printResult(json ? JSON.stringify(summary, null, 2) : describePlan(summary));
    }),
};

function describePlan(summary: PlanSummary): string {
  const { run, created, inputFiles, inputBytes, remoteBytes, parts, files, planBytes, done, tokens, workerHours } =
    summary;
  const count = (value: number): string => value.toLocaleString('en');
  return [
    `${run}: ${created ? 'planned' : 'was planned before'}`,
    `inputs  ${counted(inputFiles, 'file')}, ${count(inputBytes)} bytes, about ${count(tokens)} tokens`,
    ...(remoteBytes > 0
      ? [`fetch   ${count(remoteBytes)} bytes from servers for the windows; an export with text fetches them once more`]
      : []),
    `parts   ${count(parts)}, of which ${count(done)} are done`,
    `files   about ${count(files)} when all is done; the plan has ${count(planBytes)} bytes`,
    ...(workerHours === undefined ? [] : [`time    about ${timeOf(workerHours)} of one worker for what is left`]),
  ].join('\n');
}

const timeOf = (hours: number): string =>
  hours < 1 ? `${Math.max(1, Math.ceil(60 * hours))} min` : `${hours.toFixed(1)} hours`;
