// How many bytes of inputs came from servers in this process: what a transfer costs, and where a slow run spends its time.
//
// One number a process, as the readers know of no run. Where a program has two runs at once, it is that of both.
let bytes = 0;

export function countFetched(more: number): void {
  bytes += more;
}

export function fetchedBytes(): number {
  return bytes;
}
