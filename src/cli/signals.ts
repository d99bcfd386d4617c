// Signals that stop a command: what a terminal, a scheduler and a user send. Schedulers let a job choose (`#SBATCH --signal=USR1@120`),
// so all that ask for an end are the same to us.
import { constants } from 'node:os';

/** With a listener on SIGUSR1 Node does not open its inspector, a port through which any user of the machine could run code as this one. */
export const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/** 128 + the signal's number, as shells report it. */
export function signalExit(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Call `stop` for every signal that asks for an end.
 * @returns takes the listeners off again
 */
export function onStopping(stop: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of STOPPING) process.on(signal, stop);
  return () => {
    for (const signal of STOPPING) process.off(signal, stop);
  };
}
