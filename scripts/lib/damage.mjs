// Damage by seed, and cases run in child processes: a child takes many and is replaced when it dies.
import { fork } from 'node:child_process';
import { clearTimeout, setTimeout } from 'node:timers';

/** On a quiet machine no case takes a hundredth of it; on one with five programs a core some have taken a minute. */
const HANG_MS = 300_000;
const WRONG = ['CRASH', 'HANG', 'UNCODED'];

/** xorshift32: the same cases for the same seed, everywhere. */
export function randomFrom(seed) {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** One to four changes: a bit, a byte, a 4-byte length, a cut, or a piece copied over another. */
export function damage(data, random) {
  let bytes = Buffer.from(data);
  for (let changes = 1 + random(4); changes > 0 && bytes.length > 8; changes--) {
    // Heads and footers lie at the ends, and there the counts are.
    const near = Math.min(bytes.length - 4, 2048);
    const at = [random(bytes.length - 4), random(near), bytes.length - 4 - random(near)][random(3)];
    const kind = random(6);
    if (kind <= 1) bytes[at] ^= 1 << random(8);
    else if (kind === 2) bytes[at] = random(256);
    else if (kind === 3)
      bytes.writeUInt32LE([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 1 << random(31)][random(6)] >>> 0, at);
    else if (kind === 4) bytes = bytes.subarray(0, 1 + random(bytes.length - 1));
    else bytes.copyWithin(at, random(bytes.length), random(bytes.length));
  }
  return bytes;
}

const VALUES = [null, true, -1, 0, 1, 0.5, 2 ** 31, 2 ** 53, 1e308, '', 'x', '../x', [], {}, [null], { x: 1 }];

/** A JSON file with one to three of its values replaced or taken away. Bytes that are changed are mostly no JSON any more. */
export function damageJson(data, random) {
  const root = JSON.parse(data);
  for (let changes = 1 + random(3); changes > 0; changes--) {
    let [at, key] = [{ root }, 'root'];
    while (typeof at[key] === 'object' && at[key] !== null && Object.keys(at[key]).length > 0) {
      // Sometimes a whole object.
      if (at.root !== root && random(8) === 0) break;
      const keys = Object.keys(at[key]);
      at = at[key];
      key = keys[random(keys.length)];
    }
    if (at.root === root) continue;
    if (random(5) === 0 && !Array.isArray(at)) delete at[key];
    // A copy: a later change may go into it.
    else at[key] = JSON.parse(JSON.stringify(VALUES[random(VALUES.length)]));
  }
  return Buffer.from(JSON.stringify(root));
}

/** The child's side: answers each message with the outcome of `act`. */
export function answerCases(act) {
  process.on('message', async (message) => {
    try {
      process.send({ outcome: await act(message) });
    } catch (error) {
      const isKnown = error?.name === 'LongattnError' && typeof error.code === 'string';
      process.send(isKnown ? { outcome: error.code } : { outcome: 'UNCODED', detail: String(error?.stack ?? error) });
    }
  });
}

/**
 * Runs cases in children of `script --child`; returns how often each outcome came, and the cases that were wrong.
 * @param makeCase (random, job) => { message, name }: makes what the child is to look at, in a place of its job's own
 * @param jobs children at work at once: a case waits for files most of its time
 */
export async function runCases(script, cases, seed, makeCase, jobs = 1) {
  const outcomes = {};
  const wrong = [];
  let next = 0;
  const work = async (job) => {
    let worker;
    for (let i = next++; i < cases; i = next++) {
      const { message, name } = makeCase(randomFrom(seed * 1_000_003 + i), job);
      worker ??= fork(script, ['--child'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
      const result = await oneCase(worker, message);
      outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
      if (WRONG.includes(result.outcome)) {
        wrong.push(`case ${i} (${name}): ${result.outcome} ${result.detail ?? ''}`);
        worker.kill('SIGKILL');
        worker = undefined;
      }
    }
    worker?.kill();
  };
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)));
  return { outcomes, wrong };
}

function oneCase(worker, message) {
  return new Promise((resolve) => {
    let stderr = '';
    const done = (result) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      worker.stderr.removeAllListeners();
      resolve(result);
    };
    const timer = setTimeout(() => done({ outcome: 'HANG' }), HANG_MS);
    worker.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-2000)));
    worker.once('message', done).once('exit', () => done({ outcome: 'CRASH', detail: stderr }));
    worker.send(message);
  });
}
