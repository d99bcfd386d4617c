// Where models come from and where they are kept: the environment variables of Hugging Face's Python library, with its rules.
//
// So a user who has set up Python has set up longattn, and a model that one of them has downloaded is not downloaded again.
import path from 'node:path';
import { invalid, LongattnError } from '../base/errors.js';
import { expandPath, homeFolder, ownCache } from '../base/user-cache.js';

const DEFAULT_ENDPOINT = 'https://huggingface.co';
/** Longest silence of a server before the connection counts as cut. Python's default is 10 s; a cold CDN needs more now and then. */
const DEFAULT_SILENCE_SECONDS = 30;
const TRUE_VALUES = ['1', 'ON', 'YES', 'TRUE'];

export interface HubSettings {
  /** Without a slash at the end. */
  endpoint: string;
  /** The cache that is shared with Python: HF_HUB_CACHE, else HF_HOME/hub. */
  hubCache: string;
  /** longattn's own: parts of weight files, models made by `longattn model fetch`. */
  ownCache: string;
  /** The file that `hf auth login` writes. */
  tokenPath: string;
  /** HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE: the network is not touched. */
  offline: boolean;
  /** HF_HUB_DISABLE_SYMLINKS: files lie in the snapshot itself. */
  symlinks: boolean;
  /** HF_HUB_DOWNLOAD_TIMEOUT: longest silence of a server, in milliseconds. */
  silenceMs: number;
  /** The environment names a proxy: failures say so. */
  proxied: boolean;
}

/**
 * @throws LongattnError INVALID_OPTION for an endpoint or a timeout that cannot be used
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const get = (name: string) => (env[name] === '' ? undefined : env[name]);
  const expand = (text: string) => path.resolve(expandPath(text, env));
  const sharedCache = get('XDG_CACHE_HOME') ?? path.join(homeFolder(env), '.cache');
  const hfHome = expand(get('HF_HOME') ?? path.join(sharedCache, 'huggingface'));
  return {
    endpoint: parseEndpoint(get('HF_ENDPOINT') ?? DEFAULT_ENDPOINT),
    hubCache: expand(get('HF_HUB_CACHE') ?? get('HUGGINGFACE_HUB_CACHE') ?? path.join(hfHome, 'hub')),
    ownCache: ownCache(env),
    tokenPath: expand(get('HF_TOKEN_PATH') ?? path.join(hfHome, 'token')),
    offline: isTrue(get('HF_HUB_OFFLINE') ?? get('TRANSFORMERS_OFFLINE')),
    symlinks: !isTrue(get('HF_HUB_DISABLE_SYMLINKS')),
    silenceMs: parseSeconds(get('HF_HUB_DOWNLOAD_TIMEOUT')) * 1000,
    proxied: ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => get(name) !== undefined),
  };
}

export function isTrue(value: string | undefined): boolean {
  return value !== undefined && TRUE_VALUES.includes(value.toUpperCase());
}

/** An endpoint's text may hold a password, so no error repeats one that has. */
function parseEndpoint(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid('HF_ENDPOINT', text, `a URL such as ${DEFAULT_ENDPOINT}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new LongattnError(
      'INVALID_OPTION',
      'HF_ENDPOINT must not hold a user name or a password. Give the token in HF_TOKEN.',
    );
  }
  if (!['https:', 'http:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw invalid('HF_ENDPOINT', text, `a URL such as ${DEFAULT_ENDPOINT}`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function parseSeconds(text: string | undefined): number {
  if (text === undefined) return DEFAULT_SILENCE_SECONDS;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400))
    throw invalid('HF_HUB_DOWNLOAD_TIMEOUT', text, 'a number of seconds above 0');
  return seconds;
}
