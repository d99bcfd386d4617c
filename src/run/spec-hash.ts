// A hash a stage, over the options that the stage depends on and the hash of the stage before: other options never undo work.
import { LongattnError, show } from '../base/errors.js';
import { canonicalJson, hashJson, type Json, type JsonObject } from '../io/canonical-json.js';

/**
 * @param stages name and options of each stage, in the order of the pipeline
 * @param root what the first stage depends on besides its options (the frozen inputs)
 */
export function stageHashes<Name extends string>(
  stages: readonly (readonly [Name, JsonObject])[],
  root: JsonObject,
): Record<Name, string> {
  const hashes = {} as Record<Name, string>;
  let upstream = hashJson(root);
  for (const [stage, options] of stages) {
    upstream = hashJson({ stage, upstream, options });
    hashes[stage] = upstream;
  }
  return hashes;
}

/** @throws LongattnError SPEC_CHANGED naming the first option that differs, with both values */
export function requireSameSpec(dir: string, stored: JsonObject, given: JsonObject): void {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(given)])].sort();
  const changed = names.filter((name) => canonicalJson(stored[name] ?? null) !== canonicalJson(given[name] ?? null));
  const name = changed[0];
  if (name === undefined) return;
  const others = changed.length > 1 ? ` (also changed: ${changed.slice(1).join(', ')})` : '';
  throw new LongattnError(
    'SPEC_CHANGED',
    `${name} must not be ${typed(given[name])} in ${dir}: that run was started with ${typed(stored[name])}${others}. ` +
      `Give the old value to resume it. A new run starts in another output folder, or in this one once ${dir} is removed.`,
  );
}

/** As it was typed: of an input DOMAIN=PATH. */
function typed(value: Json | undefined): string {
  if (value === undefined || value === null) return 'none';
  const inputs = Array.isArray(value) ? (value as Json[]).flatMap(inputsOf) : [];
  return show(inputs.length > 0 ? inputs.join(' ') : value);
}

function inputsOf(value: Json): string[] {
  const { domain, patterns } = (value ?? {}) as { domain?: string; patterns?: string[] };
  return (patterns ?? []).map((pattern) => (domain === undefined ? pattern : `${domain}=${pattern}`));
}
