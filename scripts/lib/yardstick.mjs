// The yardstick on the controls of plan `controls`, whose losses no plan measures: share of pairs in which the far context of the real window
// is worth more than its control's, as `validate` says it of its own controls.
//
// The real windows are those of plan `old`, id for id, and so are their losses: they are taken from there. Eight pairs a control cost
// about 4 minutes of two cores; what is measured is kept, window by window, in yardstick.json of the plan.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { judgeControl } from '../../dist/evidence/counting-controls.js';
import { resolveModel } from '../../dist/hub/resolve-model.js';
import { openModelFolder } from '../../dist/model/open-model.js';
import { Scorer } from '../../dist/native/scorer.js';
import { SetupError } from './step.mjs';

const CONTROLS = ['same-document', 'matched-recurrence', 'matched-gzip'];
/** Of a control: as many as `validate` takes. */
const PAIRS = 8;
const REAL = 'real';

const fileOf = (run) => path.join(run, 'yardstick.json');
const rowsOf = (file) => tableFromIPC(readFileSync(file)).toArray();
const rowsIn = (folder) =>
  readdirSync(folder)
    .filter((name) => /^part-\d+\.arrow$/.test(name))
    .sort()
    .flatMap((name) => rowsOf(path.join(folder, name)));

/** The first pairs of each domain in turn. */
function chosenPairs(facts, control) {
  const own = facts.filter((one) => one.control === control);
  const domains = [...new Set(own.map(({ domain }) => domain))];
  const queues = domains.map((domain) => own.filter((one) => one.domain === domain));
  return Array.from({ length: PAIRS }, (_, round) => queues.flatMap((queue) => queue[round] ?? []))
    .flat()
    .slice(0, PAIRS);
}

/** @returns by control: a share with its interval, and of how many pairs; nothing where it was not measured */
export function readYardsticks(run) {
  if (!existsSync(fileOf(run))) return {};
  const { gains } = JSON.parse(readFileSync(fileOf(run), 'utf8'));
  return Object.fromEntries(
    Object.entries(gains).map(([control, pairs]) => {
      const [real, other] = [0, 1].map((side) => Object.values(pairs).map((both) => both[side]));
      return [control, judgeControl(control, real, other).yardstick];
    }),
  );
}

/**
 * Goes on where it was stopped.
 * @param run folder of plan `controls` @param old of plan `old` @param k minimum distance, tokens
 */
export async function measureYardsticks(run, old, model, k) {
  const evidence = path.join(run, 'evidence');
  const facts = rowsOf(path.join(evidence, 'cases', 'facts.arrow'));
  const windows = new Map(rowsIn(path.join(evidence, 'cases')).map((row) => [row.window_id, row.token_ids.toArray()]));
  const before = new Map(
    rowsIn(path.join(old, 'evidence', 'cases')).map((row) => [row.window_id, row.token_ids.toArray()]),
  );
  const known = new Map(
    rowsIn(path.join(old, 'evidence', 'losses')).map((row) => [row.case_id, row.near_loss - row.loss]),
  );
  for (const { case_id: id } of facts.filter(({ control }) => control === REAL)) {
    if (known.has(id) && Buffer.from(before.get(id).buffer).equals(Buffer.from(windows.get(id).buffer))) continue;
    throw new SetupError(`Window ${id} of plan controls is none of plan old. Measure both anew.`);
  }
  const gains = existsSync(fileOf(run)) ? JSON.parse(readFileSync(fileOf(run), 'utf8')).gains : {};
  const { folder } = await resolveModel(model, { layers: [0], loss: true });
  const { specText } = await openModelFolder(folder, { layers: [0], loss: true });
  const scorer = await Scorer.open(specText);
  for (const control of CONTROLS) {
    const own = (gains[control] ??= {});
    for (const { case_id: id, pair } of chosenPairs(facts, control)) {
      if (own[id]) continue;
      const ids = Int32Array.from(windows.get(id));
      const [{ loss, nearLoss }] = await scorer.score({
        ...{ ids, lengths: Int32Array.of(ids.length), k: Int32Array.of(k), layers: Int32Array.of(0) },
        ...{ tokens: false, losses: true },
      });
      own[id] = [known.get(pair), nearLoss - loss];
      writeFileSync(fileOf(run), `${JSON.stringify({ gains }, null, 1)}\n`);
      console.error(`${id}: nll-gain ${own[id][1].toFixed(3)}, of the real window ${own[id][0].toFixed(3)}`);
    }
  }
  await scorer[Symbol.asyncDispose]();
}
