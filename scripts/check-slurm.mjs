#!/usr/bin/env node
// Runs on a real Slurm (slurmctld and slurmd on loopback) under every disturbance that docs/cluster.md promises to stand.
// Each ends with the sha256 of every file of a run that one process made.
//   node scripts/check-slurm.mjs [NAME]...   one or more of the cases below
//
// Skipped, saying so, where slurmctld, slurmd or munged are not on the PATH (with CI=true: an error). In Debian: slurm-wlm and munge.
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import assert from 'node:assert/strict';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { skip } from './lib/skip.mjs';
import { SlurmCluster, until } from './lib/slurm-cluster.mjs';
import { main, root, SetupError, step } from './lib/step.mjs';

const CLI = path.join(root, 'dist', 'cli', 'bin.cjs');
const MODEL = path.join(root, 'models', 'smollm2-135m-layer0');
/** Four parts of 4 MiB, each of two segments of 256 windows and a second of work: the padding is not read. */
const ROWS = 128;

/** These disturb the node and with it all jobs; the others are checked at once, because they mostly wait for Slurm's timers. */
const OF_THE_NODE = new Set(['drained', 'node dies']);

const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-slurm-'));
chmodSync(folder, 0o755); // munged refuses a socket that others cannot reach
const slurm = new SlurmCluster(folder);
const corpus = path.join(folder, 'corpus.jsonl');
const run = (name) => path.join(folder, 'runs', name);
const planned = ['--input', `book=${corpus}`, '--ids-field', 'ids', '--window', '64', '--model', MODEL];
const machine = ['--threads', '1', '--log-format', 'json'];

const cases = {
  /** A worker of an array dies: its task is not requeued, the other takes its part, and the job after it runs all the same. */
  async killed() {
    const { array, finish } = await submit('killed', 2, ['--then', 'select']);
    const { pid } = await atWork('killed');
    process.kill(pid, 'SIGKILL');
    await slurm.ended(array, finish);
    assert.deepEqual((await slurm.tasks(array)).map(({ JobState }) => JobState).sort(), ['COMPLETED', 'FAILED']);
    assert.equal((await slurm.tasks(finish))[0].JobState, 'COMPLETED');
  },
  /** As preemption does it: TERM, and the job is queued again. */
  async requeued() {
    const { array } = await submit('requeued', 1);
    await atWork('requeued');
    await slurm.ask('scontrol', 'requeue', array);
    await slurm.ended(array);
    assert.equal((await slurm.tasks(array))[0].Restarts, '1');
  },
  /** A drained node lets its jobs end and takes none. */
  async drained() {
    const { array } = await submit('drained', 1);
    await atWork('drained');
    await slurm.ask('scontrol', 'update', `NodeName=${slurm.node}`, 'State=DRAIN', 'Reason=test');
    const { array: waiting } = await submit('drained', 1);
    await slurm.ended(array);
    assert.equal((await slurm.tasks(waiting))[0].JobState, 'PENDING');
    await slurm.ask('scontrol', 'update', `NodeName=${slurm.node}`, 'State=RESUME');
    await slurm.ended(waiting);
  },
  /** Slurm goes on showing the dead job as RUNNING; the run directory knows better, and a second submission ends the run. */
  async 'node dies'() {
    const { array } = await submit('node dies', 1);
    await atWork('node dies');
    await slurm.killNode();
    slurm.startSlurmd();
    await until('the node again', async () => /^(IDLE|MIXED|ALLOCATED)$/.test(await slurm.nodeState()));
    const { array: next } = await submit('node dies', 1);
    await slurm.ended(next);
    await slurm.ask('scancel', array).catch(() => undefined);
  },
  async 'two arrays'() {
    const jobs = await Promise.all([submit('two arrays', 2), submit('two arrays', 2)]);
    await slurm.ended(...jobs.map(({ array }) => array));
  },
  /** scancel is a person's word: it stays so. One task is then submitted again by hand, and finds SLURM_ARRAY_TASK_COUNT=1. */
  async 'one task again'() {
    const { array, scripts } = await submit('one task again', 2);
    await atWork('one task again');
    await slurm.ask('scancel', array);
    await slurm.ended(array);
    const states = (await slurm.tasks(array)).map(({ JobState }) => JobState);
    assert.deepEqual(new Set(states), new Set(['CANCELLED']));
    const again = await slurm.ask('sbatch', '--parsable', '--array=2', scripts.worker);
    await slurm.ended(again);
  },
  /**
   * The notice before a time limit, in the middle of a part: the worker is held until Slurm sends it, with a CONT of its own. It is the
   * task that bears the number of the whole array; the other goes on.
   */
  async 'time limit'() {
    const { array } = await submit('time limit', 2);
    const { pid, job } = await atWork('time limit', await taskOfArraysNumber(array));
    process.kill(pid, 'SIGSTOP');
    await slurm.ask('scontrol', 'update', `JobId=${job}`, 'TimeLimit=2');
    await cameBack('time limit', job, 'SIGUSR1');
    await slurm.ended(array);
    const restarts = (await slurm.tasks(array)).map(({ Restarts }) => Number(Restarts));
    assert.deepEqual(restarts.map(Math.sign).sort(), [0, 1]);
  },
  /** The time limit itself, where a person took the notice out of the script: Slurm sends CONT and TERM, and KILL after KillWait. */
  async 'time limit without notice'() {
    const { scripts } = await submit('time limit without notice', 1, ['--print']);
    const script = path.join(folder, 'no-notice.sbatch');
    writeFileSync(script, readFileSync(scripts.worker, 'utf8').replace(/^#SBATCH --signal=.*\n/m, ''));
    const array = await slurm.ask('sbatch', '--parsable', script);
    const { pid, job } = await atWork('time limit without notice');
    process.kill(pid, 'SIGSTOP');
    await slurm.ask('scontrol', 'update', `JobId=${job}`, 'TimeLimit=1');
    await cameBack('time limit without notice', job, 'SIGTERM');
    await slurm.ended(array);
  },
};

/** No daemon outlives the check, nor a folder unless it is asked for. */
async function end() {
  await slurm.stop();
  if (process.env.LONGATTN_KEEP !== '1') rmSync(folder, { recursive: true, force: true });
}

await main(async (names) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end().finally(() => process.exit(1)));
  try {
    await check(names.length > 0 ? names : Object.keys(cases));
  } finally {
    await end();
  }
});

async function check(names) {
  const lacking = ['slurmctld', 'slurmd', 'munged', 'sbatch'].filter((name) => spawnSync(name, ['-V']).error);
  if (lacking.length > 0) return skip('slurm', `no ${lacking.join(', ')} on the PATH`);
  for (const name of names)
    if (!(name in cases)) throw new SetupError(`no case "${name}": ${Object.keys(cases).join(', ')}`);
  mkdirSync(path.join(folder, 'runs'));
  writeCorpus();
  await step('one process', async () => {
    await longattn('score', '-o', run('whole'), ...planned, ...machine);
    await longattn('finish', run('whole'), '--then', 'select');
  });
  await step('slurm', () => slurm.start());
  const checked = (name) =>
    step(name, async () => {
      await cases[name]();
      await expectWhole(name);
      return 'the bytes of one process';
    });
  await Promise.all(names.filter((name) => !OF_THE_NODE.has(name)).map(checked));
  for (const name of names.filter((each) => OF_THE_NODE.has(each))) await checked(name);
}

function writeCorpus() {
  const row = (number) => ({
    ids: Array.from({ length: 1024 }, (_, i) => (i * 31 + number * 7) % 2048),
    pad: 'x'.repeat(125_000),
  });
  writeFileSync(corpus, Array.from({ length: ROWS }, (_, number) => `${JSON.stringify(row(number))}\n`).join(''));
}

async function longattn(...args) {
  return (await promisify(execFile)(process.execPath, [CLI, ...args], { env: slurm.env, maxBuffer: 1 << 28 })).stdout;
}

/** The same command again is a resubmission. */
async function submit(name, workers, options = []) {
  const args = [
    'slurm',
    run(name),
    ...planned,
    ...machine,
    '--json',
    '--workers',
    `${workers}`,
    '--sbatch',
    'partition=p',
  ];
  return JSON.parse(await longattn(...args, ...options));
}

/** The task of an array whose own number is the array's: the one that was split off last. */
async function taskOfArraysNumber(array) {
  const own = await until('a task with the number of its array', async () => {
    const tasks = (await slurm.tasks(array)).filter(({ JobState }) => JobState === 'RUNNING');
    return tasks.length === 2 && tasks.find(({ JobId }) => JobId === array);
  });
  return `${array}_${own.ArrayTaskId}`;
}

/** The task was told to end, said so, and runs a second time with time enough to end. */
async function cameBack(name, job, signal) {
  const log = path.join(run(name), 'logs', 'slurm', `${job}.out`);
  await until(`"stopped by ${signal}" in ${log}`, () => readFileSync(log, 'utf8').includes(`stopped by ${signal}`));
  await until('a second start', async () => Number((await slurm.tasks(job))[0].Restarts) > 0);
  await slurm.ask('scontrol', 'update', `JobId=${job}`, 'TimeLimit=60');
}

/** A worker in the middle of a part: the record of its lease, once it has finished a segment. @param task of Slurm, or any */
function atWork(name, task) {
  const leases = path.join(run(name), 'leases');
  return until('a worker in the middle of a part', () => {
    const segments = filesOf(path.join(run(name), 'scores')).flatMap(
      (file) => /^(part-\d+)\.seg-.*done/.exec(file)?.[1] ?? [],
    );
    for (const part of segments) {
      const lease = path.join(leases, `scores-${part}.json`);
      try {
        const record = JSON.parse(readFileSync(lease, 'utf8'));
        if (task === undefined || record.job === task) return record;
      } catch {
        continue; // it has ended just now
      }
    }
    return undefined;
  });
}

async function expectWhole(name) {
  await longattn('finish', run(name), '--then', 'select');
  assert.deepEqual(contents(run(name)), contents(run('whole')));
}

/** Relative path to sha256, of all but logs and Slurm's scripts. */
function contents(dir) {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => path.relative(dir, path.join(parentPath, name)));
  const kept = paths.filter((file) => !/^(logs|slurm)\//.test(file)).sort();
  return kept.map(
    (file) =>
      `${file} ${createHash('sha256')
        .update(readFileSync(path.join(dir, file)))
        .digest('hex')}`,
  );
}

function filesOf(dir) {
  return existsSync(dir) ? readdirSync(dir) : [];
}
