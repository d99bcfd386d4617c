// An indexed Job of Kubernetes that works on a run: a file for kubectl, printed and never applied.
//
// The pods need the run directory, the corpus and the model on a volume that all of them mount at the same path. A worker that asks to be
// tried again (exit code 75) or is evicted does not use up its index; usage errors (2) end the Job, because they will not change.

export interface KubernetesOptions {
  name: string;
  image: string;
  /** Pods. */
  workers: number;
  /** Of a pod. */
  gpus: number;
  /** A persistent volume claim that many nodes can write to (ReadWriteMany), and where it is mounted. */
  claim: string;
  mount: string;
  /** As the pods see it, below `mount`. */
  run: string;
  workOptions: readonly string[];
}

/** JSON, which is YAML too. */
export function kubernetesJob(options: KubernetesOptions): object {
  const { name, image, workers, gpus, claim, mount, run, workOptions } = options;
  const again = { action: 'Ignore', onExitCodes: { containerName: 'worker', operator: 'In', values: [75] } };
  const evicted = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] };
  const usage = { action: 'FailJob', onExitCodes: { containerName: 'worker', operator: 'In', values: [2] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      completionMode: 'Indexed',
      completions: workers,
      parallelism: workers,
      backoffLimitPerIndex: 3,
      maxFailedIndexes: workers,
      podFailurePolicy: { rules: [usage, again, evicted] },
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 120,
          containers: [
            {
              name: 'worker',
              image,
              command: ['longattn', 'work', run, '--wait', ...workOptions],
              workingDir: mount,
              volumeMounts: [{ name: 'data', mountPath: mount }],
              ...(gpus > 0 && { resources: { limits: { 'nvidia.com/gpu': `${gpus}` } } }),
            },
          ],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}
