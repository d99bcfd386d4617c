// `longattn kubernetes`: print an indexed Job that works on a run, for kubectl apply -f -.
import type { CommandModule } from 'yargs';
import { invalid } from '../../base/errors.js';
import { kubernetesJob } from '../../cluster/kubernetes-job.js';
import { printResult } from '../output.js';
import { runCommand } from '../context.js';
import { withRunOptions, workerOptions } from '../run-argument.js';

export const kubernetesCommand: CommandModule = {
  command: 'kubernetes <run>',
  describe: 'print an indexed Job of Kubernetes that works on a planned run, for kubectl apply -f -',
  builder: (yargs) =>
    withRunOptions(yargs, ['machine'])
      .option('workers', { type: 'string', requiresArg: true, demandOption: true, describe: 'workers: pods' })
      .option('image', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'an image that has longattn on its PATH',
      })
      .option('claim', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'a persistent volume claim (ReadWriteMany) with run, corpus and model',
      })
      .option('mount', {
        type: 'string',
        requiresArg: true,
        default: '/data',
        describe: 'where pods mount it; RUN is below',
      })
      .option('gpus', { type: 'string', requiresArg: true, default: '0', describe: 'GPUs of a pod' })
      .option('name', { type: 'string', requiresArg: true, default: 'longattn', describe: 'of the Job' })
      .example(
        '$0 kubernetes /data/RUN --workers 8 --gpus 1 --device cuda --image registry/longattn:0.1 --claim data',
        '',
      ),
  handler: (argv) =>
    runCommand(argv, async () => {
      const [workers, gpus] = [Number(argv['workers']), Number(argv['gpus'])];
      if (!Number.isInteger(workers) || workers < 1)
        throw invalid('workers', argv['workers'], 'a whole number, at least 1');
      if (!Number.isInteger(gpus) || gpus < 0) throw invalid('gpus', argv['gpus'], 'a whole number, at least 0');
      const { name, image, claim, mount, run } = argv as unknown as Record<
        'name' | 'image' | 'claim' | 'mount' | 'run',
        string
      >;
      if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
        throw invalid('name', name, 'a DNS label: small letters, digits and -, at most 63');
      }
      const job = kubernetesJob({
        name,
        image,
        workers,
        gpus,
        claim,
        mount,
        run,
        workOptions: workerOptions(argv).flat(),
      });
      printResult(JSON.stringify(job, null, 2));
    }),
};
