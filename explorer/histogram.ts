// A histogram of one domain and column: all windows, those that are kept over them, the cut and the null. Dragged over, it filters.
import { plot, rectY, ruleX } from '@observablehq/plot';
import type { Bins } from '../src/report/bins.js';
import { count, percent, short } from './dom.js';

const WIDTH = 300;
const HEIGHT = 120;
const TICKS = 4;
/** Pixels of a sign of a label, and between two labels, at most and at least. */
const [SIGN, BETWEEN] = [6, 8];
const MARGIN = { left: 34, right: 10, top: 10, bottom: 24 };

export interface HistogramData {
  title: string;
  /** undefined: no value is a number. */
  bins: Bins | undefined;
  cut?: number | undefined;
  null?: number | undefined;
  brush: readonly [number, number] | undefined;
  /** A dragged range; undefined: a click, which takes the range away. */
  onBrush: (range: readonly [number, number] | undefined) => void;
}

export function histogram(data: HistogramData): HTMLElement {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = data.title;
  figure.append(caption);
  const { bins } = data;
  if (!bins) return figure;
  const { from: low, to: high } = bins;
  const [all, kept] = [bins.all, bins.kept].map((counts) => counts.reduce((sum, one) => sum + one, 0)) as [
    number,
    number,
  ];
  const highest = Math.max(1, ...bins.all);
  const edge = (i: number): number => low + (i * (high - low)) / bins.all.length;
  const drawn = bins.all.map((own, i) => ({ x1: edge(i), x2: edge(i + 1), all: own, kept: bins.kept[i]! }));
  const within = (value: number | undefined): value is number => value !== undefined && value >= low && value <= high;
  if (data.null !== undefined && !within(data.null)) {
    caption.textContent += ` (uniform attention ${short(data.null)}, to the ${data.null > high ? 'right' : 'left'})`;
  }
  const shown = [...(within(data.null) ? [data.null] : [])];
  const draw = (ticks: number): ReturnType<typeof plot> =>
    plot({
      ...{ width: WIDTH, height: HEIGHT, marginLeft: MARGIN.left, marginRight: MARGIN.right },
      ...{ marginTop: MARGIN.top, marginBottom: MARGIN.bottom, style: { background: 'none', overflow: 'visible' } },
      x: { domain: [low, high], ticks, label: null, tickFormat: short },
      // Where a filter leaves none the picture is empty.
      y: { domain: [0, highest], ticks: Math.min(3, highest), label: null, grid: true, tickFormat: 's' },
      marks: [
        rectY(drawn, { x1: 'x1', x2: 'x2', y: 'all', fill: 'var(--all)', inset: 0 }),
        rectY(drawn, { x1: 'x1', x2: 'x2', y: 'kept', fill: 'var(--kept)', inset: 0 }),
        ruleX(shown, { stroke: 'var(--null)', strokeDasharray: '4 3', strokeWidth: 1.5 }),
        ruleX(within(data.cut) ? [data.cut] : [], { stroke: 'var(--cut)', strokeWidth: 1.5 }),
      ],
    });
  let picture = draw(TICKS);
  for (let ticks = TICKS - 1; ticks > 0 && touching(picture); ticks--) picture = draw(ticks);
  // Names that Plot gives to groups of marks: the picture has one name, and a group may have none.
  for (const part of picture.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  picture.setAttribute('role', 'img');
  picture.setAttribute(
    'aria-label',
    `${data.title}: ${count(all)} windows from ${short(low)} to ${short(high)}, ${count(kept)} kept (${percent(all ? kept / all : 0)})` +
      (within(data.cut) ? `, cut at ${short(data.cut)}` : '') +
      (within(data.null) ? `, uniform attention ${short(data.null)}` : ''),
  );
  figure.append(brushable(picture as SVGSVGElement, low, high, data));
  return figure;
}

/** Whether the labels of the x axis need more room than there is. */
function touching(picture: Element): boolean {
  const labels = [...picture.querySelectorAll('[aria-label="x-axis tick label"] text')];
  const needed = labels.reduce((sum, { textContent }) => sum + SIGN * textContent.length + BETWEEN, 0);
  return needed > WIDTH - MARGIN.left - MARGIN.right;
}

/** By pointer; by keyboard the filter has two fields. */
function brushable(picture: SVGSVGElement, low: number, high: number, data: HistogramData): SVGSVGElement {
  const inner = WIDTH - MARGIN.left - MARGIN.right;
  const shade = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  shade.setAttribute('class', 'brush');
  shade.setAttribute('y', String(MARGIN.top));
  shade.setAttribute('height', String(HEIGHT - MARGIN.top - MARGIN.bottom));
  picture.append(shade);
  const toX = (value: number): number =>
    MARGIN.left + (inner * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  const show = ([from, to]: readonly [number, number]): void => {
    shade.setAttribute('x', String(toX(from)));
    shade.setAttribute('width', String(Math.max(0, toX(to) - toX(from))));
  };
  if (data.brush) show(data.brush);
  const valueAt = (event: PointerEvent): number => {
    const box = picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    return low + Math.min(1, Math.max(0, (x - MARGIN.left) / inner)) * (high - low);
  };
  let from: number | undefined;
  picture.addEventListener('pointerdown', (event) => {
    from = valueAt(event);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener('pointermove', (event) => {
    if (from === undefined) return;
    const to = valueAt(event);
    show([Math.min(from, to), Math.max(from, to)]);
  });
  picture.addEventListener('pointerup', (event) => {
    if (from === undefined) return;
    const to = valueAt(event);
    const wide = Math.abs(to - from) > (high - low) / 100;
    data.onBrush(wide ? [Math.min(from, to), Math.max(from, to)] : undefined);
    from = undefined;
  });
  return picture;
}
