// Tokens of a validation's windows that lie in a beginning which another window has too: what a cache of prefixes could save.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';

/** By tokens, the first that differs decides: windows with a common beginning come one after the other. */
function compare(a, b) {
  const at = commonLength(a, b);
  return at === a.length || at === b.length ? a.length - b.length : a[at] - b[at];
}

function commonLength(a, b) {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

/** @param run folder of a validation @returns the share of all tokens, and how many windows are equal to another */
export function sharedStarts(run) {
  const folder = path.join(run, 'evidence', 'cases');
  const windows = readdirSync(folder)
    .filter((name) => /^part-\d+\.arrow$/.test(name))
    .flatMap((name) => tableFromIPC(readFileSync(path.join(folder, name))).toArray())
    .map((row) => row.token_ids.toArray())
    .sort(compare);
  const common = windows.map((one, i) => (i === 0 ? 0 : commonLength(windows[i - 1], one)));
  const tokens = windows.reduce((total, { length }) => total + length, 0);
  return {
    share: common.reduce((total, length) => total + length, 0) / tokens,
    equal: common.filter((length, i) => length === windows[i].length).length,
  };
}
