// `longattn kubernetes`: print an indexed Job that works on a run, for kubectl apply -f -.
import type { CommandModule } from 'yargs';
import { kubernetesJob } from '../../cluster/kubernetes-job.js';
import { KUBERNETES } from '../../options/cluster-options.js';
import { parseRows } from '../../options/parse-rows.js';
import { runCommand } from '../context.js';
import { once } from '../options.js';
import { printResult } from '../output.js';
import { schedulerOptions, withRunOptions, workerOptions } from '../run-argument.js';

export const kubernetesCommand: CommandModule = {
  command: 'kubernetes <run>',
  describe: 'print an indexed Job of Kubernetes that works on a planned run, for kubectl apply -f -',
  builder: (yargs) =>
    withRunOptions(yargs, ['machine'], KUBERNETES, true).example(
      '$0 kubernetes /data/RUN --workers 8 --gpus 1 --device cuda --image registry/longattn:0.1 --claim data',
      '',
    ),
  handler: (argv) =>
    runCommand(argv, async () => {
      const options = parseRows(KUBERNETES, schedulerOptions(KUBERNETES, argv));
      const job = kubernetesJob({ ...options, run: once(argv, 'run')!, workOptions: workerOptions(argv).flat() });
      printResult(JSON.stringify(job, null, 2));
    }),
};
