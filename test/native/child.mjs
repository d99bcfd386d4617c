// Run by process.test.ts in processes and worker threads of their own: loads the addon and does what the first argument says.
import { createRequire } from 'node:module';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const [what, addon, spec] = isMainThread ? process.argv.slice(2) : workerData;
const { openModel } = createRequire(import.meta.url)(addon);

const open = () => openModel(spec, { threads: 1, memoryBytes: 1 << 20, device: 'cpu' });
const request = (length) => ({
  ids: Int32Array.from({ length }, (_, n) => (n * 7) % 500),
  lengths: Int32Array.of(length),
  k: Int32Array.of(length / 4),
  layers: Int32Array.of(0),
  tokens: false,
});
const ended = (worker) =>
  new Promise((resolve, reject) => worker.once('error', reject).once('exit', (code) => resolve(code)));
const child = (action) => new Worker(new URL(import.meta.url), { workerData: [action, addon, spec] });

const actions = {
  /** Leaves the model open and waits for nothing. */
  async leave() {
    const model = await open();
    const [stats] = await model.score(request(64));
    console.log(stats.ds.length);
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
  /** A worker that is ended while it scores. */
  async terminate() {
    const worker = child('long');
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    console.log('terminated');
  },
  async long() {
    const { parentPort } = await import('node:worker_threads');
    const model = await open();
    const batch = model.score(request(4096));
    parentPort.postMessage('started');
    await batch;
  },
};
await actions[what]();
