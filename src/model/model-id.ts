// Names of models on the Hub, and of their folders in a cache. Both become parts of URLs and paths, so both are checked here.
import { invalid } from '../base/errors.js';

const PART = /^(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** Hosts whose addresses people paste. */
const HUB_HOSTS = ['huggingface.co', 'www.huggingface.co', 'hf.co'];
/** What may stand behind `org/name` in such an address; a revision may follow it. */
const PAGES = ['tree', 'blob', 'resolve', 'commit'];

export interface ModelId {
  /** `org/name`, or one word: the oldest models of the Hub (gpt2) have no organisation. */
  id: string;
  /** Branch, tag or commit. */
  revision: string;
}

/**
 * `name`, `org/name`, either with `@revision`, or the address of a model's page; undefined for text that cannot name a model on the Hub.
 * @param revision wins over the default `main`, and must not contradict an `@revision`
 * @param endpoint of the Hub that is asked: its pages are addresses too
 * @throws LongattnError INVALID_OPTION for a revision that cannot be one
 */
export function parseModelId(text: string, revision?: string, endpoint?: string): ModelId | undefined {
  const plain = fromAddress(text, endpoint);
  const at = plain.indexOf('@');
  const id = at < 0 ? plain : plain.slice(0, at);
  const named = at < 0 ? undefined : plain.slice(at + 1);
  const parts = id.split('/');
  if (parts.length > 2 || !parts.every((part) => PART.test(part))) return undefined;
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

/** `https://HOST/org/name`, also with `/tree/REVISION`, as `org/name[@REVISION]`; other text as it is. */
function fromAddress(text: string, endpoint: string | undefined): string {
  const address = /^https?:\/\/([^/?#]+)\/([^?#]*)/i.exec(text.trim());
  if (!address) return text;
  const own = endpoint === undefined ? [] : [new URL(endpoint).host];
  if (![...HUB_HOSTS, ...own].includes(address[1]!.toLowerCase())) return text;
  const words = address[2]!.split('/').filter((word) => word !== '');
  const page = words.findIndex((word, index) => index > 0 && PAGES.includes(word));
  const id = (page < 0 ? words : words.slice(0, page)).join('/');
  return page < 0 || page + 1 >= words.length ? id : `${id}@${decodeURIComponent(words[page + 1]!)}`;
}

/** What git allows in the names that the Hub has, and nothing that leaves a folder. */
function isRevision(text: string): boolean {
  return text.length <= 200 && text.split('/').every((part) => /^[A-Za-z0-9_.+-]+$/.test(part) && !/^\.+$/.test(part));
}
