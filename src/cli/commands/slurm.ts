// `longattn slurm`: plan a run, and hand it to an array of workers.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { SLURM } from '../../options/cluster-options.js';
import { parseRows } from '../../options/parse-rows.js';
import { runCommand } from '../context.js';
import { printResult } from '../output.js';
import { finishOptions, runOptions, schedulerOptions, withRunOptions, workerOptions } from '../run-argument.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

export const slurmCommand: CommandModule = {
  command: 'slurm <run>',
  describe: 'plan a run and submit an array of workers to Slurm; the same command again resumes',
  builder: (yargs) =>
    withRunOptions(yargs, ['input', 'model', 'window', 'score', 'select', 'export', 'machine'], SLURM, true).example(
      '$0 slurm RUN --input book=books/ --model M --workers 64 --gpus 1 --device cuda --time 4:00:00 --then select,export',
      '',
    ),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const { workers, gpus, time, sbatch = [], then, print } = parseRows(SLURM, schedulerOptions(SLURM, argv));
      const [{ submitSlurm }, { plan }] = await Promise.all([
        import('../../cluster/submit-slurm.js'),
        import('../../pipeline/plan.js'),
      ]);
      const options = runOptions(argv);
      await plan(options, { signal, onProgress: progress.on });
      const jobs = await submitSlurm({
        run: path.resolve(options.output),
        ...{ workers, gpus, time, sbatch, print },
        folder: process.cwd(),
        longattn: [process.execPath, MAIN],
        workOptions: workerOptions(argv),
        then: then === undefined ? undefined : { stages: then.join(','), options: finishOptions(argv) },
      });
      progress.stop();
      if (json) return printResult(JSON.stringify(jobs, null, 2));
      if (print)
        return printResult(
          Object.values(jobs.scripts)
            .map((file) => readFileSync(file, 'utf8'))
            .join('\n'),
        );
      const after = jobs.finish === undefined ? '' : `, then job ${jobs.finish}`;
      return printResult(`job ${jobs.array}: ${workers} workers${after}\nlongattn status ${options.output} --watch`);
    }),
};
