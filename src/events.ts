// Progress of long work, as plain records: the library emits them, the CLI draws them.

export type StageName =
  | 'download'
  | 'extract'
  | 'windows'
  | 'scores'
  | 'selection'
  | 'export'
  | 'controls'
  | 'losses'
  | 'evidence'
  | 'attention';

export type ProgressEvent =
  | { type: 'stage-start'; stage: StageName; parts: number; done: number }
  | { type: 'part-done'; stage: StageName; part: number; counts: Record<string, number> }
  | { type: 'progress'; stage: StageName; unit: string; completed: number; total: number }
  | { type: 'stage-done'; stage: StageName; counts: Record<string, number> }
  | { type: 'warning'; code: string; message: string };

export type OnProgress = (event: ProgressEvent) => void;
