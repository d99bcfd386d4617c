// From what a user calls a tokenizer to a file or folder that can be opened: one of the user's, or that of a model on the Hub, of which
// nothing else is fetched.
//
// Its files lie in Python's cache. As a model does, a tokenizer that is there is used without asking the network, also when its branch has
// moved on.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dataError, environmentError, LongattnError, show } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { parseModelId } from '../model/model-id.js';
import { HfCache } from './hf-cache.js';
import { hubClient, type HubOptions } from './hub-client.js';
import { findKnownModel } from './known-models.js';
import { fetchModelEntry } from './model-entry.js';
import { readSettings } from './settings.js';

/** Each is a tokenizer; the first that is there is fetched. */
export const TOKENIZERS = ['tokenizer.json', 'tekken.json', 'qwen.tiktoken', 'tiktoken.model'] as const;
/** Says what stands around a text, and is not needed. */
const CONFIG = 'tokenizer_config.json';

export interface TokenizerPlace {
  /** Absolute path of a file or a folder. */
  place: string;
  /** `org/name`, of a model on the Hub. */
  id?: string;
  /** 40 hex digits, of a model on the Hub. */
  commit?: string;
}

/**
 * Find a tokenizer, downloading it where it has to be.
 * @param text a tokenizer.json, tekken.json or table of tiktoken's, a folder with one, `org/name[@revision]`, or the name of a fetched model
 * @throws LongattnError TOKENIZER_MISSING, MODEL_NOT_FETCHED, INVALID_OPTION (revision), HUB_*, DISK_FULL, NOT_WRITABLE; or the signal's reason
 */
export async function resolveTokenizer(
  text: string,
  options: HubOptions = {},
  hooks: Hooks = {},
): Promise<TokenizerPlace> {
  if (await exists(text)) return { place: resolve(text) };
  const env = options.env ?? process.env;
  const settings = readSettings(env);
  const known = await findKnownModel(settings, text);
  if (known) return { place: known };
  const model = parseModelId(text, options.revision, settings.endpoint);
  if (!model) throw noSuchTokenizer(text);
  const { id } = model;
  const cache = new HfCache(settings, model);
  const cached = await cache.commit();
  const there = cached !== undefined && (await holdsTokenizer(cache, cached));
  if (there && (settings.offline || (await isKnown(cache, cached, CONFIG)))) {
    return { place: cache.snapshot(cached), id, commit: cached };
  }
  if (settings.offline) {
    throw environmentError(
      'HUB_OFFLINE',
      `the tokenizer of ${id}@${model.revision} must not be downloaded: HF_HUB_OFFLINE is set, and ${settings.hubCache} does not hold it. Unset it, or give a folder.`,
    );
  }
  const client = await hubClient(settings, options, hooks.signal);
  try {
    const entry = await fetchModelEntry(client, model);
    const { commit } = entry;
    const found = TOKENIZERS.find((file) => entry.files.has(file));
    if (found === undefined) throw noTokenizer(id, entry.files);
    for (const file of [found, CONFIG]) {
      if (!entry.files.has(file)) await cache.keepAbsence(commit, file);
      else await cache.fetch(client, { id, revision: model.revision, commit, file });
    }
    await cache.keepCommit(commit);
    return { place: cache.snapshot(commit), id, commit };
  } catch (error) {
    if (!(error instanceof LongattnError)) throw error;
    // One word is more often the name of a folder that is not there.
    if (!id.includes('/') && ['HUB_MODEL_NOT_FOUND', 'HUB_UNREACHABLE'].includes(error.code)) {
      throw noSuchTokenizer(text, error);
    }
    if (!there || error.code !== 'HUB_UNREACHABLE') throw error;
    return { place: cache.snapshot(cached), id, commit: cached }; // all that is unknown is tokenizer_config.json
  }
}

async function holdsTokenizer(cache: HfCache, commit: string): Promise<boolean> {
  for (const file of TOKENIZERS) if ((await cache.find(commit, file)) !== undefined) return true;
  return false;
}

/** Is the file there, or known not to be? */
async function isKnown(cache: HfCache, commit: string, file: string): Promise<boolean> {
  return (await cache.find(commit, file)) !== undefined || (await cache.isKnownAbsent(commit, file));
}

function noSuchTokenizer(text: string, cause?: LongattnError): LongattnError {
  const asked = cause ? ` It was taken for a model on the Hub: ${cause.message}` : '';
  return dataError(
    'TOKENIZER_MISSING',
    `there is no file or folder ${show(text)}. A tokenizer is a tokenizer.json, a folder with one, or org/name or org/name@revision on the Hub.${asked}`,
    cause,
  );
}

function noTokenizer(id: string, files: ReadonlySet<string>): LongattnError {
  const other = [...files].find((file) => /(^|\/)tokenizer\.model$|tiktoken/.test(file));
  const has = other === undefined ? '' : ` It has ${show(other)}, which must be converted first.`;
  return dataError(
    'TOKENIZER_MISSING',
    `${id} has no tokenizer.json.${has} If transformers knows the model, python3 -c "from transformers import AutoTokenizer; ` +
      `AutoTokenizer.from_pretrained('${id}').save_pretrained('DIR')" makes one (pip install transformers sentencepiece tiktoken): give DIR.`,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
