export const SHARDS: number;
export const HIDDEN: number;
export const KEYS: number;
export const VOCAB: number;
export function shardName(shard: number): string;
/** @returns bytes of the weights, of which the disk holds none */
export function makeSparseCheckpoint(folder: string): number;
