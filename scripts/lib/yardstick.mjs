// The yardstick on the controls of a plan that measures no losses: share of pairs in which the far context of the real window is worth more
// than its control's, as `validate` says it of its own controls.
//
// Eight pairs of three controls are 32 windows of about 12 processor seconds each. What is measured is kept, pair by pair, in
// yardstick.json of the plan.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { judgeControl } from '../../dist/evidence/counting-controls.js';
import { resolveModel } from '../../dist/hub/resolve-model.js';
import { openModelFolder } from '../../dist/model/open-model.js';
import { Scorer } from '../../dist/native/scorer.js';
import { SetupError } from './step.mjs';

/** Of a control: as many as `validate` takes. */
const PAIRS = 8;

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
 * @param run folder of the plan @param controls some of its own @param k minimum distance, tokens
 */
export async function measureYardsticks(run, { controls, model, k }) {
  const cases = path.join(run, 'evidence', 'cases');
  if (!existsSync(path.join(cases, 'facts.arrow'))) {
    throw new SetupError(`${run} has no windows: measure the plan first, which takes minutes.`);
  }
  const facts = rowsOf(path.join(cases, 'facts.arrow'));
  const windows = new Map(rowsIn(cases).map((row) => [row.window_id, row.token_ids.toArray()]));
  const gains = existsSync(fileOf(run)) ? JSON.parse(readFileSync(fileOf(run), 'utf8')).gains : {};
  const reals = new Map(
    Object.values(gains).flatMap((pairs) => Object.values(pairs).map(([gain, , pair]) => [pair, gain])),
  );
  const { folder } = await resolveModel(model, { layers: [0], loss: true });
  const { specText } = await openModelFolder(folder, { layers: [0], loss: true });
  const scorer = await Scorer.open(specText);
  const gainOf = async (id) => {
    const ids = Int32Array.from(windows.get(id));
    const [{ loss, nearLoss }] = await scorer.score({
      ...{ ids, lengths: Int32Array.of(ids.length), k: Int32Array.of(k), layers: Int32Array.of(0) },
      ...{ tokens: false, losses: true },
    });
    return nearLoss - loss;
  };
  for (const control of controls) {
    const own = (gains[control] ??= {});
    for (const { case_id: id, pair } of chosenPairs(facts, control)) {
      if (own[id]) continue;
      if (!reals.has(pair)) reals.set(pair, await gainOf(pair));
      own[id] = [reals.get(pair), await gainOf(id), pair];
      writeFileSync(fileOf(run), `${JSON.stringify({ gains }, null, 1)}\n`);
      console.error(`${id}: nll-gain ${own[id][1].toFixed(3)}, of the real window ${own[id][0].toFixed(3)}`);
    }
  }
  await scorer[Symbol.asyncDispose]();
}
