// The tokenizer of a run, where it is still the one that the windows were cut with: for the places of tokens in a text.
import { LongattnError, show } from '../base/errors.js';
import { modelFolderOf, tokenizerOf } from '../pipeline/model-of-run.js';
import { resolveSpec } from '../pipeline/prepare.js';
import type { Run } from '../run/directory.js';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.js';

/** @returns the tokenizer, or why there is none */
export async function tokenizerOfRun(run: Run): Promise<{ tokenizer?: Tokenizer; reason?: string }> {
  const { spec } = run.manifest;
  try {
    const { spec: options, ...started } = await resolveSpec({ output: run.dir });
    const given = options.tokenizer;
    const place = given === undefined ? await modelFolderOf(options, run) : (await tokenizerOf(given, started)).place;
    const specialTokens = spec['specialTokens'] === 'text' ? 'text' : 'parse';
    const tokenizer = await openTokenizer(place, { specialTokens });
    if (tokenizer.sha256 === spec['tokenizer']) return { tokenizer };
    return { reason: `The tokenizer of ${show(place)} is not the one of the run.` };
  } catch (error) {
    if (!(error instanceof LongattnError)) throw error;
    return { reason: `The places of tokens are not known: ${error.message}` };
  }
}

/** For the heat: where the run has the far mass of each token too. */
export async function tokenizerOfHeat(run: Run): Promise<{ tokenizer?: Tokenizer; reason?: string }> {
  if (run.manifest.spec['tokens'] === true) return tokenizerOfRun(run);
  const reason =
    'This run has no far mass of each token. A new run with `--tokens` stores it: longattn run ... --tokens -o ANOTHER_RUN';
  return { reason };
}
