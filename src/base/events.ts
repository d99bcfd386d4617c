// Progress of long work, as plain records: the library emits them, the CLI draws them.
import type { WarningCode } from './error-codes.js';

export type StageName =
  | 'download'
  | 'extract'
  | 'check'
  | 'windows'
  | 'counts'
  | 'documents'
  | 'scores'
  | 'selection'
  | 'export'
  | 'upload'
  | 'annotation'
  | 'controls'
  | 'losses'
  | 'peers'
  | 'evidence'
  | 'attention';

export type ProgressEvent =
  | { type: 'stage-start'; stage: StageName; parts: number; done: number }
  | { type: 'part-done'; stage: StageName; part: number; counts: Record<string, number> }
  /** `growing`: the stage before is still at work, so the total will rise. */
  | { type: 'progress'; stage: StageName; unit: string; completed: number; total: number; growing?: true }
  /** What a stage works with, and what it found on the way: kernel, threads; hits of the token table. */
  | { type: 'stage-facts'; stage: StageName; facts: Record<string, string | number> }
  | { type: 'stage-done'; stage: StageName; counts: Record<string, number> }
  | { type: 'warning'; code: WarningCode; message: string };

export type OnProgress = (event: ProgressEvent) => void;

/** The last argument of whatever works for long. */
export interface Hooks {
  /** Stops the work; what is finished stays, and the same call goes on from there. */
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}
