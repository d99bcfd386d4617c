// The folder that longattn keeps its own things in, one a user: LONGATTN_CACHE, else longattn/ in XDG_CACHE_HOME, else in ~/.cache.
import os from 'node:os';
import path from 'node:path';

/** An absolute path; nothing is made. */
export function ownCache(env: NodeJS.ProcessEnv = process.env): string {
  const shared = env['XDG_CACHE_HOME'] || path.join(homeFolder(env), '.cache');
  return path.resolve(expandPath(env['LONGATTN_CACHE'] || path.join(shared, 'longattn'), env));
}

/** `~`, `$NAME` and `${NAME}`, as Python's expanduser and expandvars do. */
export function expandPath(text: string, env: NodeJS.ProcessEnv): string {
  const home = text.replace(/^~(?=$|[/\\])/, () => homeFolder(env));
  return home.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare: string, braced: string) => env[bare ?? braced] ?? whole);
}

export function homeFolder(env: NodeJS.ProcessEnv): string {
  return env['HOME'] || os.homedir();
}
