// What the pages say of a plan, from the files of its validation: report.json, report.arrow, the facts of its cases, its windows.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { guardShares } from './guard-shares.mjs';
import { sharedStarts } from './shared-starts.mjs';
import { spliceCurve } from './splice-curve.mjs';
import { readYardsticks } from './yardstick.mjs';

/** Plans whose windows the splices of other numbers of pieces are made of. */
const CURVES = ['controls', 'new'];
const POOLED = '(pooled)';
/** In report.arrow: of no layer, of all heads, of no k. */
const NONE = -1;

/** AUC with its interval and share of pairs with all heads, all domains together, at the first k: a row a score, layer and control. */
function cellsOf(folder, [first]) {
  const found = new Map();
  for (const { metric, score, layer, head, k, against, domain, value, low, high } of tableFromIPC(
    readFileSync(path.join(folder, 'report.arrow')),
  )) {
    if (metric === 'spearman' || head !== NONE || domain !== POOLED || ![first, NONE].includes(k)) continue;
    const key = [score, layer, against].join('\t');
    const cell = found.get(key) ?? { score, layer: layer === NONE ? null : layer, against };
    found.set(key, { ...cell, ...(metric === 'auc' ? { auc: { value, low, high } } : { share: value }) });
  }
  return [...found.values()];
}

/** A ratio where there is one, else nats a token; and as a share of the ceiling. */
function cellOf({ ratio, nats }, ceiling) {
  const share = ratio && ceiling.ratio ? ratio.value / ceiling.ratio.value : null;
  return ratio ? { ratio, share } : { nats, share };
}

/** Lift of each score, a cell a domain. Over all of them the share is that of the difference in nats: 0 is what chance gives. */
function liftRows(lifts) {
  const ceiling = lifts.find(({ score }) => score === 'nll-gain');
  return lifts.map(({ score, layer, pooled, domains }) => ({
    ...{ score, layer },
    domains: domains.map(({ lift }, at) => cellOf(lift, ceiling.domains[at].lift)),
    all: { ...cellOf(pooled, ceiling.pooled), share: pooled.nats.value / ceiling.pooled.nats.value },
  }));
}

function choiceOf({ score, layer, lift, tested }) {
  const of = (metric, control) => tested.find((cell) => cell.metric === metric && cell.against === control)?.interval;
  const controls = [...new Set(tested.filter(({ metric }) => metric === 'auc').map(({ against }) => against))];
  return {
    ...{ score, layer, lift: lift?.ratio ?? null },
    tested: controls.map((control) => ({ control, auc: of('auc', control), pairs: of('pair-share', control) })),
  };
}

/** @param plan of evidence-plans.mjs @param run folder of its validation @param builds that measured it */
export async function digestOf(plan, run, builds) {
  const folder = path.join(run, 'evidence');
  const json = (name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  const { model, corpus, controls, choice, tells, verdicts, lift, lifts, guard, advice } = json('report.json');
  return {
    name: plan.name,
    title: plan.title,
    model: model.architecture,
    window: corpus.window,
    domains: corpus.domains.map(({ domain, windows }) => ({ domain, windows })),
    builds,
    tells,
    choice: choiceOf(choice),
    guard: { ...guard, ...guardShares(folder, guard.maxRepeats) },
    costs: json('cost.json'),
    lift: lift && {
      ...{ keep: lift.share, mean: lift.mean },
      choice: lift.choiceOnAll.nats.value / lift.ceiling.nats.value,
    },
    verdicts,
    yardsticks: readYardsticks(run),
    controls: controls.map(({ name, higher, how, notes }) => ({ name, higher, how, notes })),
    advice,
    frontier: existsSync(path.join(folder, 'frontier.svg')),
    starts: sharedStarts(run),
    splices: CURVES.includes(plan.name) ? await spliceCurve({ ...plan, run }) : null,
    lifts: liftRows(lifts),
    cells: cellsOf(folder, corpus.k),
  };
}
