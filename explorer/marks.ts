// Windows that somebody marked good or bad, kept by the browser for this run, to be downloaded as a list.
//
// A browser that keeps nothing for a page (private, or from a disk by its settings) has them until the page is closed.
import { el } from './dom.js';

export const MARKS = ['good', 'bad'] as const;
export type Mark = (typeof MARKS)[number];

let marks: Map<string, Mark> | undefined;

const keyOf = (run: string): string => `longattn marks ${run}`;

/** By id of the window. */
export function marksOf(run: string): ReadonlyMap<string, Mark> {
  return (marks ??= stored(run));
}

/** @param mark undefined: takes it away */
export function setMark(run: string, id: string, mark: Mark | undefined): void {
  const own = new Map(marksOf(run));
  if (mark) own.set(id, mark);
  else own.delete(id);
  marks = own;
  try {
    localStorage.setItem(keyOf(run), JSON.stringify([...own]));
  } catch {
    // They stay in memory.
  }
}

/** A line a window: {"window_id": ..., "mark": ...}. */
export function marksFile(run: string): string {
  return [...marksOf(run)].map(([window_id, mark]) => `${JSON.stringify({ window_id, mark })}\n`).join('');
}

export function downloadText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function stored(run: string): Map<string, Mark> {
  try {
    const pairs = JSON.parse(localStorage.getItem(keyOf(run)) ?? '[]') as [string, Mark][];
    return new Map(pairs.filter(([id, mark]) => typeof id === 'string' && MARKS.includes(mark)));
  } catch {
    return new Map();
  }
}
