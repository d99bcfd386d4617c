// Numbers as the page writes them.

export const count = (value: number): string => value.toLocaleString('en');
export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** Four digits that count, whatever the size. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
