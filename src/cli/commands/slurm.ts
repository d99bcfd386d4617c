// `longattn slurm`: plan a run, and hand it to an array of workers.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { invalid } from '../../base/errors.js';
import { runCommand } from '../context.js';
import { printResult } from '../output.js';
import { finishOptions, runOptions, withRunOptions, workerOptions } from '../run-argument.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

export const slurmCommand: CommandModule = {
  command: 'slurm <run>',
  describe: 'plan a run and submit an array of workers to Slurm; the same command again resumes',
  builder: (yargs) =>
    withRunOptions(yargs, ['input', 'model', 'window', 'score', 'select', 'export', 'machine'])
      .option('workers', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'workers: tasks of the array',
      })
      .option('gpus', { type: 'string', requiresArg: true, default: '0', describe: 'GPUs of a worker' })
      .option('time', {
        type: 'string',
        requiresArg: true,
        describe: 'time limit of a worker, such as 4:00:00; a worker that reaches it is requeued',
      })
      .option('sbatch', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'K=V: one more option of sbatch; repeatable',
      })
      .option('then', { type: 'string', requiresArg: true, describe: 'after the workers: select, or select,export' })
      .option('print', { type: 'boolean', describe: 'write and show the scripts, and submit nothing' })
      .example(
        '$0 slurm RUN --input book=books/ --model M --workers 64 --gpus 1 --device cuda --time 4:00:00 --then select,export',
        '',
      ),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const [{ submitSlurm }, { parseThen }, { plan }] = await Promise.all([
        import('../../cluster/submit-slurm.js'),
        import('../../pipeline/finish.js'),
        import('../../pipeline/plan.js'),
      ]);
      const count = (name: string, least: number): number => {
        const value = Number(argv[name]);
        if (!Number.isInteger(value) || value < least)
          throw invalid(name, argv[name], `a whole number, at least ${least}`);
        return value;
      };
      const [workers, gpus] = [count('workers', 1), count('gpus', 0)];
      const then = argv['then'] as string | undefined;
      if (then !== undefined) parseThen(then);
      const options = runOptions(argv);
      await plan(options, { signal, onProgress: progress.on });
      const jobs = await submitSlurm({
        run: path.resolve(argv['run'] as string),
        ...{
          workers,
          gpus,
          time: argv['time'] as string | undefined,
          sbatch: (argv['sbatch'] as string[] | undefined) ?? [],
        },
        folder: process.cwd(),
        longattn: [process.execPath, MAIN],
        workOptions: workerOptions(argv),
        then: then === undefined ? undefined : { stages: then, options: finishOptions(argv) },
        print: argv['print'] === true,
      });
      progress.stop();
      if (json) return printResult(JSON.stringify(jobs, null, 2));
      if (argv['print'])
        return printResult(
          Object.values(jobs.scripts)
            .map((file) => readFileSync(file, 'utf8'))
            .join('\n'),
        );
      const after = jobs.finish === undefined ? '' : `, then job ${jobs.finish}`;
      return printResult(
        `job ${jobs.array}: ${workers} workers${after}\nlongattn status ${argv['run'] as string} --watch`,
      );
    }),
};
