// What the Hub says of a model at one revision: its commit, and the files that matter here.
//
// The revision is resolved once; everything afterwards is asked for by commit, so that a push in between cannot mix two versions.
import { z } from 'zod';
import { dataError, environmentError } from '../base/errors.js';
import type { HubClient } from './http-client.js';
import { collectBody } from './collect-body.js';
import { isCommit, type ModelId } from '../model/model-id.js';

/** The entry of a repository with 100,000 files has about 10 MB. */
const MAX_ENTRY_BYTES = 50_000_000;
const PICKLE = /\.(bin|pt|pth|ckpt|pkl)$/;

const entrySchema = z.object({
  sha: z.string().refine(isCommit),
  siblings: z.array(z.object({ rfilename: z.string() })),
});

export interface ModelEntry {
  id: string;
  /** 40 hex digits. */
  commit: string;
  /** Paths of all files. Not to be trusted as paths. */
  files: ReadonlySet<string>;
}

/**
 * @throws LongattnError HUB_MODEL_NOT_FOUND, HUB_REVISION_NOT_FOUND, HUB_GATED, HUB_RATE_LIMITED, HUB_UNREACHABLE, HUB_ANSWER_INVALID
 */
export async function fetchModelEntry(client: HubClient, { id, revision }: ModelId): Promise<ModelEntry> {
  const asked = { id, revision };
  const body = await client.retrying(async () => {
    const answer = await client.get(`/api/models/${id}/revision/${encodeURIComponent(revision)}`, asked);
    return collectBody(answer, MAX_ENTRY_BYTES, asked);
  });
  let entry;
  try {
    entry = entrySchema.parse(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw environmentError(
      'HUB_ANSWER_INVALID',
      `${client.endpoint} did not answer as a Hub when asked for ${id}@${revision}: it gave no commit and list of files. Check HF_ENDPOINT.`,
      error,
    );
  }
  return { id, commit: entry.sha, files: new Set(entry.siblings.map(({ rfilename }) => rfilename)) };
}

/**
 * The file that says where the weights are.
 * @throws LongattnError PICKLE_ONLY, HUB_NO_WEIGHTS
 */
export function weightsEntry({ id, files }: ModelEntry, endpoint: string): string {
  for (const name of ['model.safetensors', 'model.safetensors.index.json']) if (files.has(name)) return name;
  const pickle = [...files].find((name) => PICKLE.test(name));
  if (pickle !== undefined) {
    throw dataError(
      'PICKLE_ONLY',
      `${id} holds weights only as ${pickle}, a pickle: opening one can run any code. Look at ${endpoint}/${id}/discussions for a ` +
        `pull request that adds safetensors, and name it as ${id}@refs/pr/N; or convert the model (save_pretrained with a current ` +
        'transformers does) and use that folder.',
    );
  }
  const gguf = [...files].find((name) => name.endsWith('.gguf'));
  const instead = gguf === undefined ? '' : ` It has ${gguf}: use the model that this was made from.`;
  throw dataError(
    'HUB_NO_WEIGHTS',
    `${id} holds no weights that can be read. It must have model.safetensors or model.safetensors.index.json.${instead}`,
  );
}
