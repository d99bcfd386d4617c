// Values of config.json that a user replaces (`--config-override rope_scaling.attention_factor=1`): the way out where a key is refused.
//
// A path must be one that the family reads: an override that nobody heeds would be taken for one that works.
import { LongattnError, show } from '../base/errors.js';
import { ConfigReader, isObject } from './config-reader.js';

/** By dotted path; null takes a key away. Plain JSON. */
export type ConfigOverride = Readonly<Record<string, unknown>>;

/**
 * The config with the values in place. What is made of it afterwards tells the reads; `requireRead` checks them.
 * @throws LongattnError INVALID_OPTION for a path through what is no object
 */
export function withOverride(config: ConfigReader, override: ConfigOverride): ConfigReader {
  const values = structuredClone(config.values) as Record<string, unknown>;
  for (const [path, value] of Object.entries(override)) {
    const names = path.split('.');
    const last = names.pop()!;
    let at = values;
    for (const name of names) {
      const inner = Object.hasOwn(at, name) ? (at[name] ?? {}) : {};
      if (!isObject(inner)) {
        throw new LongattnError(
          'INVALID_OPTION',
          `configOverride must not name ${show(path)}: ${show(name)} of ${config.path} is ${show(inner)}, no object.`,
        );
      }
      set(at, name, inner);
      at = inner;
    }
    set(at, last, structuredClone(value));
  }
  return new ConfigReader(values, config.path, new Set());
}

/** @throws LongattnError INVALID_OPTION */
export function requireRead(config: ConfigReader, override: ConfigOverride, architecture: string): void {
  const unread = Object.keys(override).filter((path) => !config.reads!.has(path));
  if (unread.length === 0) return;
  throw new LongattnError(
    'INVALID_OPTION',
    `configOverride must not name ${unread.map(show).join(', ')}: with this config, nothing that ${architecture} computes reads it. ` +
      `What is read: ${[...config.reads!].sort().join(', ')}.`,
  );
}

/** As an own property, whatever the name. */
function set(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
