// From what a user calls a model to a folder that can be opened: a folder, a model on the Hub, or one that `model fetch` made.
//
// A model that is already in a cache is used without asking the network, also when its branch has moved on: scores are pinned in
// users' CI, and a push to somebody's repository must not change them.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dataError, environmentError, LongattnError, show } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { describeModelFolder, neededWeightFiles, type OpenModelOptions } from '../model/open-model.js';
import { downloadModel } from './download-model.js';
import type { ModelFolder } from './model-folder.js';
import { TOKENIZERS } from './resolve-tokenizer.js';
import { HfCache } from './hf-cache.js';
import { hubClient, type HubOptions } from './hub-client.js';
import { findKnownModel, knownModelNames } from './known-models.js';
import { missingRanges } from '../model/range-ledger.js';
import { parseModelId } from '../model/model-id.js';
import { readSettings, type HubSettings } from './settings.js';
import { mirrorFolder } from './weight-mirror.js';

export interface ResolveModelOptions extends HubOptions, Pick<OpenModelOptions, 'layers' | 'loss' | 'configOverride'> {
  /** Fetch tensor headers, and no tensor: enough for `describeModelFolder`. Default: false. */
  headersOnly?: boolean;
}

/**
 * Find a model, downloading what the asked layers need and no more.
 * @param idOrDir a folder, `org/name`, `org/name@revision`, or a name that `longattn model fetch` knows
 * @throws LongattnError MODEL_NOT_FOUND, MODEL_NOT_FETCHED, PICKLE_ONLY, HUB_* (HUB_GATED, HUB_MODEL_NOT_FOUND, HUB_OFFLINE,
 *   HUB_RATE_LIMITED, HUB_UNREACHABLE, ...), DISK_FULL, what `openModelFolder` throws, or the signal's reason
 */
export async function resolveModel(
  idOrDir: string,
  options: ResolveModelOptions = {},
  hooks: Hooks = {},
): Promise<ModelFolder> {
  const env = options.env ?? process.env;
  if (await isFolder(idOrDir)) return { folder: resolve(idOrDir), source: 'folder' };
  const settings = readSettings(env);
  const known = await findKnownModel(settings, idOrDir);
  if (known) return { folder: known, source: 'cache' };
  const model = parseModelId(idOrDir, options.revision, settings.endpoint);
  if (!model) throw noSuchModel(idOrDir);
  const cache = new HfCache(settings, model);
  const cached = await findCached(settings, cache, options);
  if (cached?.whole) return cached.found;
  if (settings.offline) {
    if (cached) return cached.found;
    throw environmentError(
      'HUB_OFFLINE',
      `${model.id}@${model.revision} must not be downloaded: HF_HUB_OFFLINE is set, and ${settings.hubCache} and ` +
        `${settings.ownCache} do not hold what these layers need. Unset it, or give a folder.`,
    );
  }
  const client = await hubClient(settings, options, hooks.signal);
  try {
    return await downloadModel(client, settings, cache, options, hooks.onProgress);
  } catch (error) {
    // One word is more often the name of a folder that is not there than one of the few models without an organisation.
    if (!model.id.includes('/') && error instanceof LongattnError && NOT_THERE.has(error.code)) {
      throw noSuchModel(idOrDir, error);
    }
    if (!cached || !(error instanceof LongattnError && error.code === 'HUB_UNREACHABLE')) throw error;
    return cached.found; // all that is unknown is whether the model has a tokenizer.json
  }
}

/** What the Hub answers, or does not, to the name of no model. */
const NOT_THERE = new Set(['HUB_MODEL_NOT_FOUND', 'HUB_UNREACHABLE']);

function noSuchModel(name: string, cause?: LongattnError): LongattnError {
  const asked = cause ? ` It was taken for a model on the Hub: ${cause.message}` : '';
  return dataError(
    'MODEL_NOT_FOUND',
    `there is no folder ${show(name)}. A model is a folder with config.json and *.safetensors, org/name or org/name@revision ` +
      `on the Hub (or the address of its page), or one of ${knownModelNames().join(', ')} after longattn model fetch.${asked}`,
    cause,
  );
}

/**
 * @returns `whole`: nothing more has to be asked for. Without it, the weights are there, but nobody has asked for tokenizer.json.
 */
async function findCached(
  settings: HubSettings,
  cache: HfCache,
  options: ResolveModelOptions,
): Promise<{ found: ModelFolder; whole: boolean } | undefined> {
  const commit = await cache.commit();
  if (commit === undefined) return undefined;
  const { id } = cache.model;
  for (const folder of [cache.snapshot(commit), mirrorFolder(settings, id, commit)]) {
    if (!(await holdsWeights(folder, options))) continue;
    const whole = await knowsTokenizer(cache, folder, commit);
    return { found: { folder, source: 'cache', id, commit }, whole };
  }
  return undefined;
}

/** Is a tokenizer there, or is it known that there is none? */
async function knowsTokenizer(cache: HfCache, folder: string, commit: string): Promise<boolean> {
  const files = TOKENIZERS.map((name) => isFile(join(folder, name)));
  if ((await Promise.all(files)).some(Boolean)) return true;
  const absent = TOKENIZERS.map((name) => cache.isKnownAbsent(commit, name));
  return (await Promise.all(absent)).every(Boolean);
}

/** Does a folder of a cache hold all that the asked layers need? */
async function holdsWeights(folder: string, options: ResolveModelOptions): Promise<boolean> {
  const entries = ['model.safetensors', 'model.safetensors.index.json'];
  const present = await Promise.all(['config.json', ...entries].map((name) => isFile(join(folder, name))));
  if (!present[0] || !(present[1] || present[2])) return false;
  const files = await neededWeightFiles(folder, options);
  if (!(await Promise.all(files.map((name) => isFile(join(folder, name))))).every(Boolean)) return false;
  const { tensors } = await describeModelFolder(folder, options);
  return options.headersOnly === true || (await missingRanges(tensors)).size === 0;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
