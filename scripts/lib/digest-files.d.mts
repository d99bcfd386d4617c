export function writeDigest(folder: string, digest: { name: string }): void;
export function readDigests(folder: string, plans: { name: string }[]): Record<string, unknown>[];
