/** Write the demo's corpus under `folder` (relative to the root) unless it is there; returns the `--input` values. */
export function makeDemoCorpus(folder: string): string[];
