// cost.json: what a window costs, measured once, so that a report that is made again needs no model.
import path from 'node:path';
import { z } from 'zod';
import type { Window } from '../base/records.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { ifExists, nodeFileSystem } from '../io/file-system.js';
import { listCountScores } from '../scores/registry.js';
import type { ScoreWindows } from '../scoring/score-batch.js';
import { cpuSeconds, layerCosts } from './cost.js';
import type { EvidenceStore } from './store.js';
import type { ValidateOptions } from './validate-options.js';

/** CPU seconds a window. */
const costSchema = z.object({
  layers: z.record(z.string(), z.number()),
  text: z.record(z.string(), z.number()),
  yardstick: z.number().nullable(),
});
export type Costs = z.output<typeof costSchema>;

/** @param windows to be measured on; the yardstick takes one @param losses whether it is measured */
export async function readCosts(
  store: EvidenceStore,
  windows: readonly Window[],
  options: ValidateOptions,
  score: ScoreWindows,
  losses: boolean,
): Promise<Costs> {
  const file = path.join(store.dir, 'cost.json');
  const text = await ifExists(nodeFileSystem.readFile(file, 'utf8'));
  const known = text === undefined ? undefined : costSchema.safeParse(parseJson(text)).data;
  if (known) return known;
  const { model, ks, signal } = options;
  const ids = windows.map(({ tokenIds }) => tokenIds);
  const layers = await layerCosts(ids, model.layers, ks[0]!, score, signal);
  const costs: Costs = {
    layers: Object.fromEntries(layers),
    text: await countCosts(windows, options),
    yardstick: null,
  };
  if (losses) {
    const [first] = ids;
    costs.yardstick = await cpuSeconds(() =>
      score(
        {
          ...{ ids: first!, lengths: Int32Array.of(first!.length), k: Int32Array.of(ks[0]!) },
          ...{ layers: Int32Array.of(model.layers[0]!), tokens: false, losses: true },
        },
        signal,
      ),
    );
  }
  await writeTextAtomically(file, `${JSON.stringify(costs, null, 1)}\n`);
  return costs;
}

/** CPU seconds a window: once seen, once scored. */
async function countCosts(windows: readonly Window[], { ks, seed }: ValidateOptions): Promise<Record<string, number>> {
  const costs: Record<string, number> = {};
  for (const { name, open } of listCountScores()) {
    const scorer = open({ seed });
    const total = await cpuSeconds(async () => {
      for (const { tokenIds } of windows) scorer.observe?.(tokenIds);
      for (const window of windows) scorer.value(window, ks[0]!);
    });
    costs[name] = total / windows.length;
  }
  return costs;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // measured again
  }
}
