// One call of the scorer: a batch of windows in, rows of the scores table out, everything that came back checked.
import { dataError, LongattnError, show } from '../base/errors.js';
import type { NativeScoreRequest, NativeStats } from '../native/binding.js';
import type { ScoreRow, Window } from '../base/records.js';
import { sizeOf, STATISTIC_ROWS } from '../base/statistics.js';
import { checkLosses } from './losses.js';

/** The addon, or whatever stands in for it: statistics window by window, within one layer by layer as asked for. */
export type ScoreWindows = (request: NativeScoreRequest, signal?: AbortSignal) => Promise<NativeStats[]>;

export interface BatchSettings {
  /** W: every window has exactly so many tokens. */
  window: number;
  /** Ascending. */
  layers: readonly number[];
  /** Tokens. */
  k: number;
  /** Also the far mass of each token. */
  tokens: boolean;
  /** Also the loss with all the context and with the near one. Default: false. */
  losses?: boolean;
  /** H, of every layer. */
  heads: number;
  /** Ids from 0 to below this are allowed. */
  vocabSize: number;
}

/**
 * @returns rows by window, then layer
 * @throws LongattnError WINDOW_LENGTH, TOKEN_ID, SCORE_NOT_FINITE; whatever the scorer throws
 */
export async function scoreBatch(
  windows: readonly Window[],
  settings: BatchSettings,
  score: ScoreWindows,
  signal?: AbortSignal,
): Promise<ScoreRow[]> {
  signal?.throwIfAborted();
  for (const window of windows) checkWindow(window, settings);
  const { k } = settings;
  const ids = new Int32Array(windows.length * settings.window);
  windows.forEach((window, i) => ids.set(window.tokenIds, i * settings.window));
  const request: NativeScoreRequest = {
    ids,
    lengths: new Int32Array(windows.length).fill(settings.window),
    k: new Int32Array(windows.length).fill(k),
    layers: Int32Array.from(settings.layers),
    tokens: settings.tokens,
    losses: settings.losses ?? false,
  };
  const stats = await score(request, signal).catch((error: unknown) => {
    throw renamed(error, (place) => windows[place] && show(windows[place].windowId));
  });
  const expected = windows.length * settings.layers.length;
  if (stats.length !== expected) throw mismatch(`${stats.length} results for ${expected} windows and layers`);
  return stats.map((result, i) => {
    const window = windows[Math.floor(i / settings.layers.length)]!;
    checkStats(result, window, settings, settings.layers[i % settings.layers.length]!, k);
    const { windowId, docId, domain } = window;
    return { windowId, docId, domain, ...result };
  });
}

function checkWindow(window: Window, { window: length, vocabSize }: BatchSettings): void {
  const { tokenIds, windowId } = window;
  if (tokenIds.length !== length) {
    throw dataError(
      'WINDOW_LENGTH',
      `window ${show(windowId)} has ${tokenIds.length} tokens; this run has windows of ${length}.`,
    );
  }
  const wrong = tokenIds.findIndex((id) => id < 0 || id >= vocabSize);
  if (wrong >= 0) {
    throw dataError(
      'TOKEN_ID',
      `window ${show(windowId)} has token id ${tokenIds[wrong]} at ${wrong}. This model's ids are 0 to ${vocabSize - 1}: ` +
        'the ids come from another tokenizer.',
    );
  }
}

function checkStats(stats: NativeStats, window: Window, settings: BatchSettings, layer: number, k: number): void {
  const { heads, window: length } = settings;
  if (stats.layer !== layer || stats.length !== length || stats.k !== k) {
    throw mismatch(`layer ${stats.layer}, length ${stats.length}, k ${stats.k} instead of ${layer}, ${length}, ${k}`);
  }
  for (const [name, { per, when }] of STATISTIC_ROWS) {
    if (per === 'window') continue; // the losses: checked below
    const found = stats[name] as ArrayLike<number> | undefined;
    const size = when === undefined || settings[when] ? sizeOf(per, heads, length) : 0;
    if ((found?.length ?? 0) !== size) throw mismatch(`${found?.length ?? 0} values of ${name} instead of ${size}`);
  }
  if (settings.losses) checkLosses(window.windowId, stats.loss, stats.nearLoss);
  for (let head = 0; head < heads; head++) {
    if (Number.isFinite(stats.ds[head]) && Number.isFinite(stats.variance[head])) continue;
    throw dataError(
      'SCORE_NOT_FINITE',
      `window ${show(window.windowId)}, layer ${layer}, head ${head}: DS is ${stats.ds[head]}, variance ${stats.variance[head]}. ` +
        "The model's weights hold NaN or infinite values there, or overflow: check the checkpoint.",
    );
  }
}

/** The scorer knows a window by its place in the batch; the user knows it by its id. @param name of the window at a place */
export function renamed(error: unknown, name: (place: number) => string | number | undefined): unknown {
  if (!(error instanceof LongattnError) || error.kind !== 'data') return error;
  const place = /\bwindow (\d+)\b/.exec(error.message);
  const window = place && name(Number(place[1]));
  if (!place || window === undefined) return error;
  const message = error.message.replace(place[0], `window ${window}`);
  return new LongattnError(error.code, message, { cause: error });
}

/** What came back contradicts what was asked for: a fault of ours. */
function mismatch(what: string): LongattnError {
  return new LongattnError('SCORER_MISMATCH', `The scorer gave ${what}. Please report this.`);
}
