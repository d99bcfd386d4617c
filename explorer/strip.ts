// The whole window as a strip to jump by: its heat, or, where there is none, how full its lines are.
import { el } from './dom.js';
import type { Heat } from './heat.js';

const CELLS = 512;
const STEPS = 64;
const PLACE_CELLS = 2;
/** Blue: no heat has it, in either theme. */
const PLACE_COLOUR = '#2f72d6';

export interface Strip {
  element: HTMLElement;
  /** Go to a UTF-16 unit of the text. */
  show: (unit: number) => void;
}

/** @param jump to a UTF-16 unit of the text */
export function strip(text: string, heat: Heat | undefined, jump: (unit: number) => void): Strip {
  const canvas = el('canvas', {
    class: 'strip',
    width: CELLS,
    height: 1,
    role: 'slider',
    tabindex: 0,
    'aria-label': 'Place in the window',
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': 0,
    'aria-valuetext': '0 percent',
  });
  const values = heat ? byHeat(text.length, heat) : byInk(text);
  const context = canvas.getContext('2d')!;
  const colour = heat ? [222, 90, 20] : [120, 130, 150];
  const image = context.createImageData(CELLS, 1);
  values.forEach((value, i) => image.data.set([...colour, Math.round(20 + 235 * value)], 4 * i));
  context.putImageData(image, 0, 0);
  let share = 0;
  /** Where one is. */
  const drawPlace = (): void => {
    context.putImageData(image, 0, 0);
    context.fillStyle = PLACE_COLOUR;
    context.fillRect(Math.min(CELLS - PLACE_CELLS, Math.floor(share * CELLS)), 0, PLACE_CELLS, 1);
  };
  const to = (next: number): void => {
    share = Math.min(1, Math.max(0, next));
    const percent = Math.round(100 * share);
    canvas.setAttribute('aria-valuenow', String(percent));
    canvas.setAttribute('aria-valuetext', `${percent} percent`);
    drawPlace();
    jump(Math.floor(share * text.length));
  };
  const atPointer = (event: PointerEvent): void => {
    const box = canvas.getBoundingClientRect();
    to((event.clientX - box.left) / box.width);
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    atPointer(event);
  });
  canvas.addEventListener('pointermove', (event) => event.buttons > 0 && atPointer(event));
  const keys: Record<string, () => number> = {
    ArrowRight: () => share + 1 / STEPS,
    ArrowUp: () => share + 1 / STEPS,
    ArrowLeft: () => share - 1 / STEPS,
    ArrowDown: () => share - 1 / STEPS,
    PageUp: () => share + 8 / STEPS,
    PageDown: () => share - 8 / STEPS,
    Home: () => 0,
    End: () => 1,
  };
  canvas.addEventListener('keydown', (event) => {
    const next = keys[event.key];
    if (!next) return;
    event.preventDefault();
    to(next());
  });
  return { element: canvas, show: (unit) => to(unit / Math.max(1, text.length)) };
}

/** Mean heat of the characters of each cell, 0..1. */
function byHeat(length: number, { far, starts, top }: Heat): number[] {
  const sums = new Float64Array(CELLS);
  const counts = new Float64Array(CELLS);
  for (let token = 0; token < far.length; token++) {
    const cell = Math.min(CELLS - 1, Math.floor((starts[token]! / Math.max(1, length)) * CELLS));
    sums[cell]! += far[token]!;
    counts[cell]!++;
  }
  return Array.from(sums, (sum, i) => (counts[i] === 0 ? 0 : Math.min(1, sum / counts[i]! / top)));
}

/** Share of each cell that is no white space, 0..1. */
function byInk(text: string): number[] {
  return Array.from({ length: CELLS }, (_, i) => {
    const cell = text.slice(Math.floor((i * text.length) / CELLS), Math.floor(((i + 1) * text.length) / CELLS));
    return cell.length === 0 ? 0 : 0.6 * (cell.replace(/\s/g, '').length / cell.length) ** 3;
  });
}
