// A number of things, for people: `1 document`, `1,234 documents`.

/** @param what one of them, whose plural takes an s */
export const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
