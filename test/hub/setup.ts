// One fake Hub and one set of empty caches a test.
import { afterEach, beforeEach, expect } from '@jest/globals';
import path from 'node:path';
import type { Hooks, OnProgress } from '../../src/base/events.js';
import type { ModelFolder } from '../../src/hub/model-folder.js';
import { resolveModel, type ResolveModelOptions } from '../../src/hub/resolve-model.js';
import { tempFolder } from '../support/temp-folder.js';
import { FakeHub } from './fake-hub.js';

export interface Workbench {
  hub: FakeHub;
  env: NodeJS.ProcessEnv;
  /** Milliseconds that were waited between attempts. */
  waits: number[];
  hfCache: string;
  ownCache: string;
  resolve: (model: string, options?: ResolveModelOptions, hooks?: Hooks) => Promise<ModelFolder>;
}

export function workbench(): Workbench {
  const bench = {} as Workbench;
  beforeEach(async () => {
    const home = tempFolder();
    const hub = await new FakeHub().start();
    const env = { HOME: home, HF_ENDPOINT: hub.endpoint };
    Object.assign(bench, {
      hub,
      env,
      waits: [],
      hfCache: path.join(home, '.cache', 'huggingface', 'hub'),
      ownCache: path.join(home, '.cache', 'longattn'),
      resolve: (model: string, options: ResolveModelOptions = {}, hooks: Hooks = {}) =>
        resolveModel(model, { env, sleep: async (ms) => void bench.waits.push(ms), ...options }, hooks),
    });
  });
  afterEach(() => bench.hub.stop());
  return bench;
}

/** Matches a LongattnError by its code and by texts that must stand in its message, in this order. */
export const failure = (code: string, ...parts: string[]): object =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(parts.map((part) => part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('[\\s\\S]*')),
  });

export function collectProgress(): { events: Parameters<OnProgress>[0][]; onProgress: OnProgress } {
  const events: Parameters<OnProgress>[0][] = [];
  return { events, onProgress: (event) => void events.push(event) };
}
