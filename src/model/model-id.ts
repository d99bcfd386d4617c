// Names of models on the Hub, and of their folders in a cache. Both become parts of URLs and paths, so both are checked here.
import { invalid } from '../base/errors.js';

const PART = /^(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;
const COMMIT = /^[0-9a-f]{40}$/;

export interface ModelId {
  /** `org/name` */
  id: string;
  /** Branch, tag or commit. */
  revision: string;
}

/**
 * `org/name` or `org/name@revision`; undefined for text that cannot be the name of a model on the Hub.
 * @param revision wins over the default `main`, and must not contradict an `@revision`
 * @throws LongattnError INVALID_OPTION for a revision that cannot be one
 */
export function parseModelId(text: string, revision?: string): ModelId | undefined {
  const at = text.indexOf('@');
  const id = at < 0 ? text : text.slice(0, at);
  const named = at < 0 ? undefined : text.slice(at + 1);
  const parts = id.split('/');
  if (parts.length !== 2 || !parts.every((part) => PART.test(part))) return undefined;
  if (named !== undefined && revision !== undefined && named !== revision) {
    throw invalid('revision', revision, `the one that the model's name has (${named}), or be left out`);
  }
  const asked = named ?? revision ?? 'main';
  if (!isRevision(asked)) throw invalid('revision', asked, 'the name of a branch or tag, or a commit of 40 hex digits');
  return { id, revision: asked };
}

export function isCommit(text: string): boolean {
  return COMMIT.test(text);
}

/** Python's name of the folder of a model, in both caches. */
export function cacheFolderName(id: string): string {
  return `models--${id.replace('/', '--')}`;
}

/** What git allows in the names that the Hub has, and nothing that leaves a folder. */
function isRevision(text: string): boolean {
  return text.length <= 200 && text.split('/').every((part) => /^[A-Za-z0-9_.+-]+$/.test(part) && !/^\.+$/.test(part));
}
