// Numbers as people write them: 12.5%, 1.5B tokens, 2GiB, 0,7. What is not understood is handed back for the caller's error.

const COUNT_SUFFIX: Record<string, number> = { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };
const BYTE_SUFFIX: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** "12.5%" -> 0.125, "0.125" -> 0.125. */
export function parseFraction(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(%?)\s*$/.exec(value);
  return match ? Number(match[1]) / (match[2] ? 100 : 1) : value;
}

/** "1.5B" -> 1500000000. */
export function parseCount(value: unknown): unknown {
  return withSuffix(value, COUNT_SUFFIX);
}

/** "512MiB" -> 536870912. */
export function parseBytes(value: unknown): unknown {
  return withSuffix(value, BYTE_SUFFIX);
}

const TIME_SUFFIX: Record<string, number> = { '': 1, S: 1, M: 60, H: 3600, D: 86_400 };

/** "3h50m" -> 13800 seconds, "90" -> 90; also as schedulers write it, "4:00:00" and "1-12:00:00". */
export function parseDuration(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const clock = /^\s*(?:(\d+)-)?(\d+):(\d\d):(\d\d)\s*$/.exec(value);
  if (clock) {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((part) => Number(part ?? 0));
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
  }
  if (!/^\s*(\d+(?:\.\d+)?\s*[dhms]?\s*)+$/i.test(value)) return value;
  const parts = value.matchAll(/(\d+(?:\.\d+)?)\s*([dhms]?)/gi);
  return [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * TIME_SUFFIX[unit!.toUpperCase()]!, 0);
}

/** "0,7" -> [0, 7]; 3 -> [3]; "all" stays. */
export function parseIntegerList(value: unknown): unknown {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'string' || !/^\s*\d+(\s*,\s*\d+)*\s*$/.test(value)) return value;
  return [...new Set(value.split(',').map(Number))].sort((a, b) => a - b);
}

/** "0.5" -> 0.5. */
export function parseNumber(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

function withSuffix(value: unknown, suffixes: Record<string, number>): unknown {
  if (typeof value !== 'string') return value;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(value);
  const factor = match ? suffixes[match[2]!.toUpperCase()] : undefined;
  return match && factor !== undefined ? Math.round(Number(match[1]) * factor) : value;
}
