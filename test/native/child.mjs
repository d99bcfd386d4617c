// Run by process.test.ts in processes and worker threads of their own: loads the addon and does what the first argument says.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const [what, addon, specFile] = isMainThread ? process.argv.slice(2) : workerData;
const spec = readFileSync(specFile, 'utf8');
const { openModel, stop } = createRequire(import.meta.url)(addon);

const open = () => openModel(spec, { threads: 1, memoryBytes: 1 << 20, device: 'cpu' }).model;
const request = (length) => ({
  ids: Int32Array.from({ length }, (_, n) => (n * 7) % 500),
  lengths: Int32Array.of(length),
  k: Int32Array.of(length / 4),
  layers: Int32Array.of(0),
  tokens: false,
});
const ended = (worker) =>
  new Promise((resolve, reject) => worker.once('error', reject).once('exit', (code) => resolve(code)));
const child = (action) => new Worker(new URL(import.meta.url), { workerData: [action, addon, specFile] });

const HOURS = 2000;
const hours = () => ({
  ...request(32_768),
  ids: new Int32Array(HOURS * 32_768).fill(3),
  lengths: new Int32Array(HOURS).fill(32_768),
  k: new Int32Array(HOURS).fill(8192),
});
let tell;
const started = () => new Promise((resolve) => (tell = resolve));
if (!isMainThread) tell = () => parentPort.postMessage('started');
async function terminated(action) {
  const worker = child(action);
  await new Promise((resolve) => worker.once('message', resolve));
  await worker.terminate();
  console.log('terminated');
}

const actions = {
  /** Leaves the model open and waits for nothing. */
  async leave() {
    const model = await open();
    const [stats] = await model.score(request(64));
    console.log(stats.ds.length);
  },
  /** The libraries of ours and of torch that are loaded once layer 0 has been scored. */
  async maps() {
    const model = await open();
    await model.score(request(64));
    const names = readFileSync('/proc/self/maps', 'utf8').match(/[^/\n]+$/gm) ?? [];
    const mapped = names.filter((name) => /^(lib)?(torch|c10|longattn)/.test(name));
    console.log([...new Set(mapped)].join(' '));
  },
  async unanswered() {
    const model = await open();
    model.score(request(256)).then(() => console.log('answered'));
  },
  async workers() {
    const codes = await Promise.all(
      [child('leave'), child('leave'), actions.leave()].map((c) => (c.once ? ended(c) : c)),
    );
    console.log(codes.join(' '));
  },
  /** A worker that is ended in the middle of a batch; a model of this thread goes on. */
  async terminate() {
    await terminated('batch');
    await actions.leave();
  },
  async terminateOpening() {
    await terminated('opening');
  },
  /** The process ends in the middle of a batch, or while it opens a model. */
  async exit() {
    actions.batch();
    await started();
    process.exit(7);
  },
  async exitOpening() {
    actions.opening();
    await started();
    process.exit(7);
  },
  /** As `exit`, with the hook that the loader installs. */
  async exitStopped() {
    process.once('exit', stop);
    await actions.exit();
  },
  async exitWithWorker() {
    child('batch').once('message', () => process.exit(7));
  },
  /** A batch of hours, told of when the model has looked up its first tokens. */
  async batch() {
    const model = await open();
    void model.score(hours());
    while (!(model.counters().distinctTokens > 0)) await new Promise((resolve) => setTimeout(resolve, 5));
    tell();
  },
  async opening() {
    void open();
    setTimeout(() => tell(), 100);
  },
  /** Arguments of 2 GB where the process may have 6: the copies of the request do not fit. */
  async tooLarge() {
    const model = await open();
    const huge = new Int32Array(2 ** 29);
    try {
      await model.score({ ...request(64), ids: huge, lengths: huge, k: huge });
    } catch (error) {
      console.log(error instanceof Error, error.message);
    }
    console.log((await model.score(request(64))).length);
  },
};
await actions[what]();
