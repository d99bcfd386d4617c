// A worker that shares parts with others as `longattn work` does, with leases of a second in place of ten minutes.
//   node lease-worker.mjs RUN PARTS MILLISECONDS      prints "at PART" when it begins one, and at its end those that it made as JSON
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeTextAtomically } from '../../dist/io/atomic-file.js';
import { Failures } from '../../dist/run/failures.js';
import { Ledger, partName } from '../../dist/run/ledger.js';
import { Leases } from '../../dist/run/leases.js';
import { runParts } from '../../dist/run/run-parts.js';

const [run, parts, milliseconds] = process.argv.slice(2);
const leases = new Leases(path.join(run, 'leases'), { beatMs: 100, staleMs: 1000 });
const ledger = new Ledger(path.join(run, 'windows'), 'hash');
const made = [];
await runParts({
  ...{ stage: 'windows', workers: 1, ledger },
  parts: Array.from({ length: Number(parts) }, (_, part) => part),
  share: { leases, failures: new Failures(path.join(run, 'failed')), stay: true, trustListing: true, pollMs: 100 },
  make: async (part) => {
    console.log(`at ${part}`);
    await setTimeout(Number(milliseconds));
    made.push(part);
    const written = await writeTextAtomically(ledger.file(partName(part)), `part ${part}`);
    return ledger.commit(partName(part), written, { rows: 1, counts: {} });
  },
});
await leases[Symbol.asyncDispose]();
console.log(JSON.stringify(made));
