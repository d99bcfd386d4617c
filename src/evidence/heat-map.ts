// One picture: AUC of the chosen score by layer and head, one panel a control. Written by hand, because it is rectangles and text.
import type { EvidenceReport } from './report.js';
import { svgText } from './svg.js';

const CELL = 22;
const GAP = 34;
const LEFT = 56;
const TOP = 64;

/** @returns SVG text; blue above 0.5 (right), red below (the wrong way round), white at chance */
export function heatMap({ map, model, corpus }: Pick<EvidenceReport, 'map' | 'model' | 'corpus'>): string {
  const columns = map.controls[0]?.auc[0]?.length ?? 0;
  const panelWidth = columns * CELL;
  const width = Math.max(480, LEFT + map.controls.length * (panelWidth + GAP));
  const height = TOP + model.layers.length * CELL + 30;
  const k = map.k === null ? '' : `, k = ${map.k}`;
  const title = `AUC of "${map.score}" by layer and head: ${model.architecture}, W = ${corpus.window}${k}`;
  const panels = map.controls.map((control, at) => panel(control, LEFT + at * (panelWidth + GAP), model.layers));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="9">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(LEFT, 18, title, 'font-size="13" font-weight="bold"'),
    text(
      LEFT,
      32,
      '1: always right, 0.5: chance, 0: always the wrong way round. First column: mean of all heads.',
      'fill="#555"',
    ),
    ...model.layers.map((layer, row) => text(LEFT - 6, TOP + row * CELL + 14, `layer ${layer}`, 'text-anchor="end"')),
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function panel({ name, auc }: { name: string; auc: number[][] }, x: number, layers: readonly number[]): string {
  const cells = auc.flatMap((row, layer) =>
    row.map((value, column) => {
      const [left, top] = [x + column * CELL, TOP + layer * CELL];
      const label = column === 0 ? 'all heads' : `head ${column - 1}`;
      const strong = Math.abs(value - 0.5) > 0.35 ? 'fill="#fff"' : 'fill="#222"';
      return (
        `<g><title>${svgText(name)}, layer ${layers[layer]}, ${label}: ${value.toFixed(3)}</title>` +
        `<rect x="${left}" y="${top}" width="${CELL - 1}" height="${CELL - 1}" fill="${color(value)}"/>` +
        `${text(left + CELL / 2, top + 14, value.toFixed(2).replace(/^0/, ''), `text-anchor="middle" ${strong}`)}</g>`
      );
    }),
  );
  const heads = auc[0]!.map((_, column) =>
    text(
      x + column * CELL + CELL / 2,
      TOP - 4,
      column === 0 ? 'all' : String(column - 1),
      'text-anchor="middle" fill="#555"',
    ),
  );
  return [text(x, TOP - 16, name, 'font-weight="bold" font-size="11"'), ...heads, ...cells].join('\n');
}

/** White at 0.5, blue at 1, red at 0. */
function color(value: number): string {
  const away = Math.min(1, Math.abs(value - 0.5) * 2);
  const [r, g, b] = value >= 0.5 ? [33, 102, 172] : [178, 24, 43];
  const mix = (channel: number): number => Math.round(255 + (channel - 255) * away);
  return `rgb(${mix(r)},${mix(g)},${mix(b)})`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${svgText(content)}</text>`;
}
