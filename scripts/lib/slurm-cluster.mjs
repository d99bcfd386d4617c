// A Slurm of one node for tests: munged, slurmctld and slurmd on loopback, with every file in one folder and nothing in /etc.
//
// The daemons stay in the foreground as children, and are ended by their process ids. slurmd's own children (slurmstepd) are found by the
// folder's name in their environment, because they outlive it. `cred_expire=5` lets a requeued job start soon; 120 s is usual.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.mjs';

const POLL_MS = 200;

/** Wait for something to be there. @returns what `look` found, once it is truthy */
export async function until(what, look, seconds = 240) {
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`${what}: not so after ${seconds} s`);
    await setTimeout(POLL_MS);
  }
}

const configuration = ({ folder, node, user, ctldPort, slurmdPort }) => `ClusterName=longattn
SlurmctldHost=${node}(127.0.0.1)
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/munge.sock,cred_expire=5
SlurmctldPort=${ctldPort}
SlurmdPort=${slurmdPort}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
SchedulerParameters=batch_sched_delay=0,sched_interval=1
MaxArraySize=17
MinJobAge=600
NodeName=${node} NodeAddr=127.0.0.1 CPUs=16 State=UNKNOWN
PartitionName=p Nodes=${node} Default=YES MaxTime=INFINITE State=UP
`;

export class SlurmCluster {
  #children = new Map();

  /** @param folder empty; its files are of no use later */
  constructor(folder) {
    this.folder = folder;
    this.node = os.hostname().split('.')[0];
    this.env = { ...process.env, SLURM_CONF: path.join(folder, 'slurm.conf') };
  }

  async start() {
    const { folder, node } = this;
    for (const name of ['munge', 'state', 'spool', 'log']) mkdirSync(path.join(folder, name), { mode: 0o755 });
    const key = path.join(folder, 'munge', 'munge.key');
    writeFileSync(key, randomBytes(1024), { mode: 0o400 });
    const [ctldPort, slurmdPort] = [await freePort(), await freePort()];
    const user = os.userInfo().username;
    writeFileSync(this.env.SLURM_CONF, configuration({ folder, node, user, ctldPort, slurmdPort }));
    const munge = (name) => path.join(folder, 'munge', `munge.${name}`);
    this.#spawn('munged', [
      ...['--foreground', '--num-threads=2', `--key-file=${key}`, `--socket=${munge('sock')}`],
      ...[`--pid-file=${munge('pid')}`, `--seed-file=${munge('seed')}`, `--log-file=${munge('log')}`],
    ]);
    this.#spawn('slurmctld', ['-D', '-c']);
    this.startSlurmd();
    await until('a Slurm that answers', async () => (await this.nodeState()).startsWith('IDLE'), 60);
  }

  startSlurmd() {
    this.#spawn('slurmd', ['-D']);
  }

  /** The node dies: slurmd, its steps and what they started, at once. */
  async killNode() {
    const slurmd = this.#children.get('slurmd');
    slurmd.kill('SIGKILL');
    for (const pid of this.#ours()) process.kill(pid, 'SIGKILL');
    await until('the end of slurmd', () => slurmd.exitCode !== null || slurmd.signalCode !== null);
  }

  /** Standard output of a command of Slurm. */
  async ask(command, ...args) {
    return (await promisify(execFile)(command, args, { env: this.env })).stdout.trim();
  }

  async nodeState() {
    return /State=(\S+)/.exec(await this.ask('scontrol', 'show', 'node', this.node).catch(() => ''))?.[1] ?? '';
  }

  /** What `scontrol show job` says of the tasks of a job: { JobId, JobState, Restarts, ExitCode, ... }. */
  async tasks(job) {
    const text = await this.ask('scontrol', '--oneliner', 'show', 'job', job);
    return text
      .split('\n')
      .map((line) => Object.fromEntries([...line.matchAll(/(\w+)=(\S*)/g)].map(([, k, v]) => [k, v])));
  }

  async ended(...jobs) {
    const waiting = /PENDING|RUNNING|COMPLETING|CONFIGURING|SUSPENDED|REQUEUE/;
    for (const job of jobs) {
      const over = async () => (await this.tasks(job)).every(({ JobState }) => !waiting.test(JobState));
      await until(`the end of job ${job}`, over, 300);
    }
  }

  async stop() {
    await this.ask('scancel', '--full', '--signal=KILL', '--user', os.userInfo().username).catch(() => undefined);
    for (const name of ['slurmd', 'slurmctld', 'munged']) {
      const child = this.#children.get(name);
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await Promise.race([closed, setTimeout(5000)]);
      child.kill('SIGKILL');
    }
    for (const pid of this.#ours()) process.kill(pid, 'SIGKILL');
  }

  #spawn(name, args) {
    const log = openSync(path.join(this.folder, 'log', `${name}.log`), 'a');
    const child = spawn(name, args, { env: this.env, stdio: ['ignore', log, log] });
    child.once('error', () => undefined); // told by the wait for the node
    this.#children.set(name, child);
  }

  /** Processes that slurmd of this folder started, directly or not. */
  #ours() {
    const daemons = new Set([process.pid, ...[...this.#children.values()].map(({ pid }) => pid)]);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && !daemons.has(Number(name)))
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`SLURM_CONF=${this.env.SLURM_CONF}\0`);
        } catch {
          return false; // it has ended, or is another user's
        }
      });
  }
}
