// Windows of an input from the wild, by the Node API: what was refused, warned of and counted.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProgressEvent } from '../../src/base/events.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { window, type RunSummary } from '../../src/pipeline/pipeline.js';
import { demoModel } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

export interface Outcome {
  summary: RunSummary;
  documents: number;
  domains: string[];
  warnings: { code: string; message: string }[];
  output: string;
}

/** Ready ids of 64 tokens a window, unless the options say otherwise. */
export async function runWindow(input: string | string[], options: Partial<RunOptions> = {}): Promise<Outcome> {
  const warnings: Outcome['warnings'] = [];
  const onProgress = (event: ProgressEvent): void => {
    if (event.type === 'warning') warnings.push({ code: event.code, message: event.message });
  };
  const output = options.output ?? path.join(tempFolder(), 'RUN');
  const ids = 'textField' in options ? {} : { idsField: 'input_ids' };
  const summary = await window({ input, model: demoModel, window: 64, ...ids, ...options, output }, { onProgress });
  const documents = summary.domains.reduce((sum, domain) => sum + domain.documents, 0);
  return { summary, documents, domains: summary.domains.map(({ domain }) => domain), warnings, output };
}

/** A row of JSON lines with ready ids. */
export const row = (id: number, more: object = {}): string =>
  `${JSON.stringify({ id: `d${id}`, input_ids: Array.from({ length: 80 }, (_, i) => (i * 7 + id) % 300), ...more })}\n`;

export const rows = (count: number, more: object = {}): string =>
  Array.from({ length: count }, (_, id) => row(id, more)).join('');

/** A folder with these files. */
export function files(contents: Record<string, string | Buffer>): string {
  const folder = tempFolder();
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

/** A file that test/wild/make.py makes. */
export const wildFile = (name: string): string => path.join(import.meta.dirname, 'files', name);
