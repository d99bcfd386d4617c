#!/usr/bin/env node
// A trillion tokens and ten thousand workers, simulated: what a run of that size costs, and what breaks first.
//   npm run build:ts && node scripts/simulate-cluster.mjs      prints the table of docs/cluster.md
//
// Parts, plan and starting places are the product's own, and the plan is written and read. The order in which a worker tries parts is that of
// src/run/part-queue.ts, written again as events: ten thousand real queues would read sixty-five thousand entries each, many times.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, root } from './lib/step.mjs';

const dist = (file) => import(pathToFileURL(path.join(root, 'dist', file)).href);

const TOKENS = 1e12;
const WORKERS = 10_000;
const BYTES_A_TOKEN = 4.2;
const FILES = 10_000;
/** Of a worker, in tokens a second: about a layer of an 8B model on one GPU, and on CPUs. Each is up to a fifth slower or faster; one in a hundred has a quarter. */
const RATES = [150_000, 15_000];
/** Of a worker: dies without a word (kill -9, node), is preempted (TERM) and comes back. */
const HOURS_TO_DEATH = 1000;
const HOURS_TO_PREEMPTION = 24;
const BACK_SECONDS = 300;
/** As src/run/leases.ts and part-queue.ts have them. */
const STALE_SECONDS = 600;
const POLL_SECONDS = 2;
/** So often the simulation lets those that wait look; their calls are counted with the pauses of the product. */
const LOOK_SECONDS = 30;
/** A segment (src/scoring/score-part.ts), in tokens. */
const SEGMENT_TOKENS = 1 << 18;
/** Calls a second that a good parallel file system answers: named, not measured. */
const CALLS_A_SECOND = 50_000;
/** A lease that finds its part done: created, written, entry and size read, lease read and removed. */
const CALLS_OF_A_MISS = 6;
/** A part that is made: lease, segments' entries and windows are a few dozen. */
const CALLS_OF_A_PART = 50;

/** The parts of the product's plan, from files of one size; the pass over the text is measured on a file and multiplied. */
async function planned() {
  const [{ fewerParts, planInputs, PART_BYTES }, { planText, parsePlan }] = await Promise.all([
    dist('corpus/plan.js'),
    dist('pipeline/plan-file.js'),
  ]);
  const bytes = TOKENS * BYTES_A_TOKEN;
  const small = [];
  for (let file = 0; file < FILES; file++) {
    const size = Math.floor(bytes / FILES);
    for (let start = 0; start < size; start += PART_BYTES) {
      const end = Math.min(size, start + PART_BYTES);
      const range = { start, end, line: 1 + Math.floor(start / 10_000) };
      const slice = {
        format: 'jsonl',
        path: `/data/corpus/books/part-${file}.jsonl`,
        domain: 'book',
        bytes: size,
        range,
      };
      small.push({ part: small.length, slices: [slice] });
    }
  }
  const parts = fewerParts(small);
  const text = planText(parts);
  const began = process.cpuUsage();
  if (parsePlan(text)?.length !== parts.length) throw new Error('the plan cannot be read');
  const { user, system } = process.cpuUsage(began);
  const { FOLDER_PARTS } = await dist('run/ledger.js');
  return {
    parts: parts.length,
    // Windows, counts and scores, each with its entry; folders and the few files beside them.
    inodes: 6 * parts.length + 3 * Math.ceil(parts.length / FOLDER_PARTS),
    bytes: Buffer.byteLength(text),
    seconds: (await secondsAByte(planInputs)) * bytes,
    startSeconds: (user + system) / 1e6,
  };
}

async function secondsAByte(planInputs) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-simulate-'));
  try {
    const file = path.join(folder, 'corpus.jsonl');
    const line = `${JSON.stringify({ text: 'word '.repeat(2000) })}\n`;
    writeFileSync(file, line.repeat(20_000));
    const began = process.cpuUsage();
    await planInputs([{ domain: 'book', patterns: [file] }]);
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6 / (line.length * 20_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const OPEN = 0;
const LEASED = 1;
const DONE = 2;

/** All workers from their start to the last part, event by event. Times in seconds. */
async function simulate(parts, rate) {
  const [{ startPlace }, { LOOKED_AT, pauseMs }] = await Promise.all([
    dist('pipeline/start-place.js'),
    dist('run/part-queue.js'),
  ]);
  const random = generator(1);
  const size = TOKENS / parts;
  const state = new Uint8Array(parts);
  const saved = new Float64Array(parts);
  const result = { deaths: 0, preemptions: 0, twice: 0, misses: 0, calls: 0, tailCalls: 0, end: 0 };
  /** Leases in the order in which they were taken: { part, taken, dead?, second? }. */
  let leases = [];
  let [done, open, inspected, firstWait] = [0, parts, 0, undefined];
  let waiting = [];
  const released = [];
  const events = new Heap();
  const workers = Array.from({ length: WORKERS }, (_, index) => {
    const speed = rate * (index % 100 === 99 ? 0.25 : 0.8 + 0.4 * random());
    const start = Math.floor(parts * startPlace(`${index + 1}/${WORKERS}`, {}));
    return { speed, start, walked: 0, skipped: [], fastest: Infinity };
  });
  const speed = workers.reduce((sum, { speed }) => sum + speed, 0);

  /** The first open part in the worker's own order. */
  const firstOpen = (worker) => {
    for (let i = 0; i < worker.skipped.length; i++) {
      const part = worker.skipped[i];
      if (state[part] === LEASED) continue;
      worker.skipped[i] = worker.skipped.at(-1);
      worker.skipped.pop();
      i--;
      if (state[part] === OPEN) return part;
      result.misses++;
    }
    while (worker.walked < parts) {
      const part = (worker.start + worker.walked++) % parts;
      if (state[part] === OPEN) return part;
      if (state[part] === DONE) result.misses++;
      else worker.skipped.push(part);
    }
    return released.findLast((part) => state[part] === OPEN);
  };
  const isOver = ({ part, ended }) => ended || state[part] === DONE;
  const take = (worker, now) => {
    if (open === 0 && worker.walked === parts) return undefined;
    const part = firstOpen(worker);
    if (part === undefined) return undefined;
    state[part] = LEASED;
    open--;
    return { part, taken: now };
  };
  /** All that wait look again: the dead's parts first, then the one that is leased longest, and no third. */
  const look = (now) => {
    leases = leases.filter((lease) => !isOver(lease));
    const stale = leases.filter(({ dead }) => dead !== undefined && now > dead + STALE_SECONDS);
    const stragglers = leases.filter((lease) => !stale.includes(lease) && !lease.second).reverse();
    // Names of leases, time and record of those that it looks at, and the folders of what is done.
    const calls = 2 * Math.min(leases.length, LOOKED_AT) + Math.ceil(parts / 1024) + 6;
    const pause = (since) => pauseMs(1000 * POLL_SECONDS, leases.length, 1000 * (now - since)) / 1000;
    const together = waiting.reduce((sum, value) => sum + calls / pause(workers[value].waitsSince), 0);
    result.tailCalls = Math.max(result.tailCalls, together);
    const still = [];
    for (const value of waiting) {
      const worker = workers[value];
      const taken = take(worker, now) ?? ofTheDead(stale.pop(), now) ?? secondOf(stragglers, worker, now);
      if (taken) begin(value, taken, now);
      else still.push(value);
    }
    waiting = still;
    events.push(now + LOOK_SECONDS, look);
  };
  const ofTheDead = (lease, now) => lease && ((lease.ended = true), { part: lease.part, taken: now });
  const secondOf = (stragglers, { fastest }, now) => {
    const slow = Math.max(STALE_SECONDS, 3 * (fastest === Infinity ? 0 : fastest));
    const lease = stragglers.at(-1);
    if (!lease || now - lease.taken <= slow) return undefined;
    stragglers.pop();
    lease.second = true;
    result.twice += size - saved[lease.part];
    return { part: lease.part, taken: now, second: true };
  };
  const begin = (value, lease, now) => {
    const worker = workers[value];
    leases.push(lease);
    const seconds = (size - saved[lease.part]) / worker.speed;
    const death = -Math.log(1 - random()) * HOURS_TO_DEATH * 3600;
    const preemption = -Math.log(1 - random()) * HOURS_TO_PREEMPTION * 3600;
    const ends = Math.min(seconds, death, preemption);
    const from = saved[lease.part];
    events.push(now + ends, (then) => {
      if (ends === seconds) {
        if (state[lease.part] !== DONE) done++;
        state[lease.part] = DONE;
        worker.fastest = Math.min(worker.fastest, seconds);
        result.end = then;
        return next(value, then);
      }
      // What returns is a new process: it lists and looks at what is done.
      events.push(then + BACK_SECONDS, (later) => {
        inspected += done;
        worker.fastest = Infinity;
        next(value, later);
      });
      if (ends === death) result.deaths++;
      else result.preemptions++;
      if (state[lease.part] === DONE) return;
      const tokens = from + ends * worker.speed;
      saved[lease.part] = Math.max(saved[lease.part], Math.floor(tokens / SEGMENT_TOKENS) * SEGMENT_TOKENS);
      if (ends === death) {
        result.twice += tokens % SEGMENT_TOKENS;
        lease.dead = then;
        return;
      }
      lease.ended = true;
      if (lease.second) return;
      state[lease.part] = OPEN;
      open++;
      released.push(lease.part);
    });
  };
  const next = (value, now) => {
    const lease = take(workers[value], now);
    if (lease) return begin(value, lease, now);
    firstWait ??= { now, made: done, misses: result.misses };
    workers[value].waitsSince = now;
    waiting.push(value);
  };

  for (let index = 0; index < WORKERS; index++) events.push(0, (now) => next(index, now));
  events.push(LOOK_SECONDS, look);
  while (done < parts) {
    const { time, value } = events.pop();
    value(time);
  }
  const { now: until, made, misses } = firstWait ?? { now: result.end, made: done, misses: result.misses };
  const calls = made * CALLS_OF_A_PART + misses * CALLS_OF_A_MISS + 2 * inspected;
  return { ...result, twice: result.twice / TOKENS, ideal: TOKENS / speed, calls: calls / until };
}

/** The earliest first. */
class Heap {
  #items = [];

  push(time, value) {
    const items = this.#items;
    let at = items.push({ time, value }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent].time <= items[at].time) break;
      [items[parent], items[at]] = [items[at], items[parent]];
      at = parent;
    }
  }

  pop() {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length > 0) items[0] = last;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < items.length && items[child].time < items[least].time) least = child;
      }
      if (least === at) return first;
      [items[least], items[at]] = [items[at], items[least]];
      at = least;
    }
  }
}

/** 0 to below 1, the same in every run (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

function count(value) {
  return Math.round(value).toLocaleString('en');
}

function hours(seconds) {
  return seconds < 3600 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

await main(async () => {
  const plan = await planned();
  const rows = [
    ['parts', count(plan.parts)],
    ['inodes when all is done', count(plan.inodes)],
    ['plan', `${(plan.bytes / 1e6).toFixed(1)} MB`],
    ['to plan: one pass over uncompressed JSON lines, one process', `${hours(plan.seconds)}`],
    ['to read the plan when a worker starts, CPU', `${plan.startSeconds.toFixed(2)} s`],
  ];
  const runs = [];
  for (const rate of RATES) runs.push(await simulate(plan.parts, rate));
  console.log(`| ${count(TOKENS)} tokens | |\n| --- | --- |`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log(`\n| ${count(WORKERS)} workers | ${RATES.map((rate) => `${count(rate)} tokens/s each`).join(' | ')} |`);
  console.log(`| --- |${' --- |'.repeat(RATES.length)}`);
  const line = (name, value) => console.log(`| ${name} | ${runs.map(value).join(' | ')} |`);
  line('the last part is there after', ({ end }) => hours(end));
  line('without a disturbance and with no tail', ({ ideal }) => hours(ideal));
  line('deaths, preemptions', ({ deaths, preemptions }) => `${count(deaths)}, ${count(preemptions)}`);
  line('work done twice', ({ twice }) => `${(100 * twice).toFixed(2)} %`);
  line('parts looked at in vain, a worker', ({ misses }) => count(Math.round(misses / WORKERS)));
  line('calls to the file system a second, mean up to the first worker that waits', ({ calls }) => count(calls));
  line('the same while the last parts are waited for (`--wait`)', ({ tailCalls }) => count(tailCalls));
  const [worst, what] = [
    [Math.max(...runs.map(({ tailCalls }) => tailCalls)), 'workers that wait for the last parts'],
    [Math.max(...runs.map(({ calls }) => calls)), 'workers that take parts'],
  ].sort(([a], [b]) => b - a)[0];
  const verdict = worst > CALLS_A_SECOND ? `breaks at ${count(CALLS_A_SECOND)} calls a second` : 'nothing breaks';
  console.log(`\nFirst: ${verdict}: ${what}.`);
});
