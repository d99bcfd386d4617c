// The user's token for the Hub, kept so that it cannot be printed by accident: only `header()` gives it away.
import { readFile } from 'node:fs/promises';
import { environmentError } from '../base/errors.js';
import { isTrue, type HubSettings } from './settings.js';

export class Token {
  readonly #value: string;

  constructor(
    value: string,
    /** Where it came from, for messages. */
    readonly source: string,
  ) {
    this.#value = value;
  }

  /** Value of the Authorization header. */
  header(): string {
    return `Bearer ${this.#value}`;
  }
}

/**
 * HF_TOKEN, else the file that `hf auth login` wrote; none with HF_HUB_DISABLE_IMPLICIT_TOKEN.
 * @throws LongattnError TOKEN_INVALID (without the token) for one that no header can carry, TOKEN_UNREADABLE
 */
export async function readToken(env: NodeJS.ProcessEnv, settings: HubSettings): Promise<Token | undefined> {
  if (isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined;
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const token = clean(env[name] ?? '', name);
    if (token) return token;
  }
  try {
    return clean(await readFile(settings.tokenPath, 'utf8'), settings.tokenPath);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === undefined) throw error;
    throw environmentError(
      'TOKEN_UNREADABLE',
      `the token file ${settings.tokenPath} cannot be read: ${message}.`,
      error,
    );
  }
}

function clean(text: string, source: string): Token | undefined {
  const value = text.replace(/[\r\n]/g, '').trim();
  if (value === '') return undefined;
  // fetch's own error for a bad header value would repeat the token.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw environmentError(
      'TOKEN_INVALID',
      `the token in ${source} holds characters that no token has. Copy it again from the settings page of the Hub.`,
    );
  }
  return new Token(value, source);
}
