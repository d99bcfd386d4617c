// What the answers of a Hub that are no success mean, and what to do about each.
import { dataError, environmentError, type LongattnError } from '../base/errors.js';
import { askedWait, TransientError } from './retry.js';

/** What was asked for, for messages. */
export interface Asked {
  /** `org/name`, or `datasets/org/name` */
  id: string;
  revision: string;
  /** Absent: the model's own entry. */
  file?: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The address that answered, without its query: a signed address is a key. */
  where: string;
  /** False for a server that the endpoint sent us to. */
  byEndpoint: boolean;
  endpoint: string;
  /** Where the token came from that was sent, if one was. */
  tokenSource: string | undefined;
}

/** The Hub has no such file in this revision. Callers for which a file is optional catch it. */
export class FileNotFound extends Error {
  constructor(readonly final: LongattnError) {
    super(final.message);
  }
}

/**
 * The error of an answer with a status of 400 or above.
 * @returns a LongattnError, a TransientError when another attempt may help, or FileNotFound
 */
export function statusError(answer: Answer, asked: Asked): Error {
  const { status, headers, where } = answer;
  const name = describe(asked);
  if (status === 429) return rateLimited(answer, name);
  const unexpected = environmentError(
    'HUB_FAILED',
    `${name}: ${where} answered with status ${status}. Try again later.`,
  );
  if (status === 408 || status >= 500) return new TransientError(unexpected, askedWait(headers));
  // A signed address of a CDN expires; the endpoint gives a new one.
  if (!answer.byEndpoint) return new TransientError(unexpected);
  if (status === 416) return changed(name);
  if ([401, 403, 404].includes(status)) return refusal(answer, asked);
  return unexpected;
}

export function changed(name: string, cause?: unknown): LongattnError {
  return dataError(
    'HUB_FILE_CHANGED',
    `${name} is not what it was when its download began. Run the same command again; if it stays so, remove the model from the cache.`,
    cause,
  );
}

export function describe({ id, revision, file }: Asked): string {
  return `${file === undefined ? '' : `${file} of `}${id}@${revision}`;
}

function rateLimited({ headers, where, tokenSource }: Answer, name: string): TransientError {
  const wait = askedWait(headers);
  const when = wait === undefined ? 'later' : `in ${Math.ceil(wait / 1000)} s`;
  const account = tokenSource === undefined ? ' With HF_TOKEN set, the limits are higher.' : '';
  return new TransientError(
    environmentError(
      'HUB_RATE_LIMITED',
      `${name}: ${where} takes no more requests now (429). Try again ${when}.${account}`,
    ),
    wait,
  );
}

function refusal(answer: Answer, asked: Asked): Error {
  const { status, endpoint, tokenSource } = answer;
  const code = answer.headers.get('x-error-code');
  const page = `${endpoint}/${asked.id}`;
  if (code === 'GatedRepo') {
    const token =
      tokenSource === undefined
        ? `then set HF_TOKEN to a token of that account (${endpoint}/settings/tokens)`
        : `with the account of the token in ${tokenSource}, and check that the token may read gated models`;
    return environmentError('HUB_GATED', `${asked.id} is gated: ask for access at ${page}, ${token}.`);
  }
  if (code === 'RevisionNotFound') {
    return dataError(
      'HUB_REVISION_NOT_FOUND',
      `${asked.id} has no revision ${asked.revision}. ${page}/branches lists them.`,
    );
  }
  if (code === 'EntryNotFound' || (status === 404 && asked.file !== undefined && code !== 'RepoNotFound')) {
    return new FileNotFound(dataError('HUB_FILE_NOT_FOUND', `${endpoint} has no ${describe(asked)}.`));
  }
  if (status === 403) {
    const who = tokenSource === undefined ? 'without a token' : `to the token in ${tokenSource}`;
    return environmentError('HUB_FORBIDDEN', `${page} is not given ${who}. Set HF_TOKEN to a token that may read it.`);
  }
  const how =
    tokenSource === undefined
      ? 'If it is private, set HF_TOKEN'
      : `If it is private, check that the token in ${tokenSource} is valid and may read it`;
  if (asked.id.startsWith('datasets/')) {
    const name = asked.id.slice('datasets/'.length);
    return dataError(
      'HUB_DATASET_NOT_FOUND',
      `${endpoint} has no data set ${name}. Check the spelling. ${how}. An export is sent to one that is there: ` +
        `\`hf repos create ${name} --repo-type dataset\` makes it.`,
    );
  }
  return dataError(
    'HUB_MODEL_NOT_FOUND',
    `there is no folder ${asked.id}, and ${endpoint} has no model of that name. Check the spelling. ${how}.`,
  );
}
