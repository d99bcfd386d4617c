// fetch through the proxy that the environment names, by undici: Node's own fetch has no way through one before 22.21.
//
// Always undici's own fetch then, never Node's with a foreign dispatcher: the two may be of versions that do not fit each other.
import { LongattnError } from '../base/errors.js';

/** Lower case first, as in curl and Python. */
const NAMES = {
  https: ['https_proxy', 'HTTPS_PROXY'],
  http: ['http_proxy', 'HTTP_PROXY'],
  none: ['no_proxy', 'NO_PROXY'],
};

/**
 * The fetch that goes through HTTPS_PROXY or HTTP_PROXY, but for the hosts of NO_PROXY; undefined where neither is set.
 * @throws LongattnError INVALID_OPTION for a proxy that is no address; without its text, which may hold a password
 */
export async function proxyFetch(env: NodeJS.ProcessEnv): Promise<typeof globalThis.fetch | undefined> {
  const httpsProxy = proxyOf(env, NAMES.https);
  const httpProxy = proxyOf(env, NAMES.http);
  if (httpsProxy === undefined && httpProxy === undefined) return undefined;
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  // Empty where unset: undici would look into process.env itself.
  const dispatcher = new EnvHttpProxyAgent({
    httpsProxy: httpsProxy ?? httpProxy ?? '',
    httpProxy: httpProxy ?? '',
    noProxy: first(env, NAMES.none)?.value ?? '',
  });
  const through: unknown = (url: string | URL, options: object) => fetch(url, { ...options, dispatcher });
  return through as typeof globalThis.fetch;
}

function proxyOf(env: NodeJS.ProcessEnv, names: readonly string[]): string | undefined {
  const found = first(env, names);
  if (!found) return undefined;
  const text = found.value.includes('://') ? found.value : `http://${found.value}`;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new LongattnError(
    'INVALID_OPTION',
    `${found.name} must be the address of an http or https proxy, such as http://proxy.example:3128. Correct it, or unset it.`,
  );
}

function first(env: NodeJS.ProcessEnv, names: readonly string[]): { name: string; value: string } | undefined {
  const name = names.find((candidate) => env[candidate]);
  return name === undefined ? undefined : { name, value: env[name]! };
}
