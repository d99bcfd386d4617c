#!/usr/bin/env node
// Runs on a real Slurm (slurmctld and slurmd on loopback) under every disturbance that docs/cluster.md promises to stand.
// Each ends with the sha256 of every file of a run that one process made.
//   node scripts/check-slurm.mjs [NAME]...   one or more of the cases below
//
// Skipped, saying so, with exit code 0 where slurmctld, slurmd or munged are not on the PATH. In Debian: slurm-wlm and munge.
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
import { SlurmCluster, until } from './lib/slurm-cluster.mjs';
import { main, root, SetupError, step } from './lib/step.mjs';

const CLI = path.join(root, 'dist', 'cli', 'bin.cjs');
const MODEL = path.join(root, 'models', 'smollm2-135m-layer0');
/** Three parts of 4 MiB, each of two segments and seconds of work: the padding is not read. */
const ROWS = 100;

const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-slurm-'));
chmodSync(folder, 0o755); // munged refuses a socket that others cannot reach
const slurm = new SlurmCluster(folder);
const corpus = path.join(folder, 'corpus.jsonl');
const run = (name) => path.join(folder, 'runs', name);
const planned = ['--input', `book=${corpus}`, '--ids-field', 'ids', '--window', '256', '--model', MODEL];
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
  /** The notice before a time limit, in the middle of a part: the worker is held until Slurm has sent it. */
  async 'time limit'() {
    const { array } = await submit('time limit', 1, ['--time', '1', '--sbatch', 'signal=B:USR1@55']);
    const { pid } = await atWork('time limit');
    process.kill(pid, 'SIGSTOP');
    await until('the signal of Slurm', () => hasPending(pid, 'SIGUSR1'));
    process.kill(pid, 'SIGCONT');
    await until('a second start', async () => (await slurm.tasks(array))[0].Restarts === '1');
    await slurm.ask('scontrol', 'update', `JobId=${array}`, 'TimeLimit=60');
    await slurm.ended(array);
  },
  /** The time limit itself, without a notice: TERM, and KILL after KillWait. */
  async 'time limit without notice'() {
    const { array } = await submit('time limit without notice', 1, ['--time', '1', '--sbatch', 'signal=B:CONT@1']);
    const { pid } = await atWork('time limit without notice');
    process.kill(pid, 'SIGSTOP');
    await until('the signal of Slurm', () => hasPending(pid, 'SIGTERM'), 200);
    process.kill(pid, 'SIGCONT');
    await until('a second start', async () => (await slurm.tasks(array))[0].Restarts === '1');
    await slurm.ask('scontrol', 'update', `JobId=${array}`, 'TimeLimit=60');
    await slurm.ended(array);
  },
};

await main(async (names) => {
  try {
    await check(names.length > 0 ? names : Object.keys(cases));
  } finally {
    await slurm.stop();
    if (process.env.LONGATTN_KEEP !== '1') rmSync(folder, { recursive: true, force: true });
  }
});

async function check(names) {
  const lacking = ['slurmctld', 'slurmd', 'munged', 'sbatch'].filter((name) => spawnSync(name, ['-V']).error);
  if (lacking.length > 0) return void console.error(`[slurm] SKIPPED: no ${lacking.join(', ')} on the PATH`);
  for (const name of names)
    if (!(name in cases)) throw new SetupError(`no case "${name}": ${Object.keys(cases).join(', ')}`);
  mkdirSync(path.join(folder, 'runs'));
  writeCorpus();
  await step('one process', () => longattn('score', '-o', run('whole'), ...planned, ...machine).then(() => undefined));
  await step('slurm', () => slurm.start());
  for (const name of names) {
    await step(name, async () => {
      await cases[name]();
      await expectWhole(name);
      return 'the bytes of one process';
    });
  }
}

function writeCorpus() {
  const row = (number) => ({
    ids: Array.from({ length: 4096 }, (_, i) => (i * 31 + number * 7) % 49_152),
    pad: 'x'.repeat(95_000),
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

/** A worker in the middle of a part: the record of its lease, once it has finished a segment. */
function atWork(name) {
  const leases = path.join(run(name), 'leases');
  return until('a worker in the middle of a part', () => {
    const segments = filesOf(path.join(run(name), 'scores')).flatMap(
      (file) => /^(part-\d+)\.seg-.*done/.exec(file)?.[1] ?? [],
    );
    for (const part of segments) {
      const lease = path.join(leases, `scores-${part}.json`);
      try {
        return JSON.parse(readFileSync(lease, 'utf8'));
      } catch {
        continue; // it has ended just now
      }
    }
    return undefined;
  });
}

function hasPending(pid, signal) {
  const bits = /^ShdPnd:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
  return ((BigInt(`0x${bits}`) >> BigInt(os.constants.signals[signal] - 1)) & 1n) === 1n;
}

async function expectWhole(name) {
  await longattn('finish', run(name), '--then', 'select');
  rmSync(path.join(run('whole'), 'selection'), { recursive: true, force: true });
  await longattn('finish', run('whole'), '--then', 'select');
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
