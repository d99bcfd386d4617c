// The order of the stages, and nothing else: corpus -> windows -> scores -> selection -> export. The Node API of runs.
//
// Each function runs the stages before it that are not done, so that any of them may be called first, or again after a kill.
// Windows and scores are at work at once: a part is scored as soon as its windows are there.
import path from 'node:path';
import { LongattnError } from '../base/errors.js';
import type { Hooks, StageName } from '../base/events.js';
import { requireDevice } from '../native/device.js';
import { asSelected } from './as-selected.js';
import { completeDocuments } from './complete-documents.js';
import { logged } from './logged.js';
import { openFinished, prepare, resolveSpec, type Prepared } from './prepare.js';
import { report, type RunSummary } from './report.js';
import { requireModel, requireModelFor } from './require-model.js';
import { scoresStage } from './scores-stage.js';
import { textOfRun } from './text-of-run.js';
import { placeOf, uploadExport } from './upload-export.js';
import { endWindows, shareOf, windowsStage, type WindowsResult } from './windows-stage.js';
import { keptColumnsOfRun } from './kept-columns-of-run.js';
import { checkInputs } from '../run/directory.js';
import { PartGate } from '../run/part-gate.js';
import { currentNames } from '../options/parse-rows.js';
import type { RunOptions } from '../options/run-options.js';
import type { Spec } from '../options/spec.js';
import { stageOptions } from '../options/stage-options.js';
import { RUN } from '../options/table.js';
import { missingDocuments } from '../documents/documents-part.js';
import { checkExport } from '../export/check-export.js';
import { exportWindows, readsTexts } from '../export/export-windows.js';
import { removalPath, reportRemoval, type RemovalResult } from '../selection/removal/report-removal.js';
import { selectWindows, type SelectionResult } from '../selection/select-windows.js';
import { together } from '../base/together.js';

export type { DomainReport, RunSummary } from './report.js';

/** Text to data set: all stages. */
export async function run(options: RunOptions, hooks: Hooks = {}): Promise<RunSummary> {
  return exported('run', options, hooks);
}

/** Tokenise the corpus and cut it into windows. */
export async function window(raw: RunOptions, hooks: Hooks = {}): Promise<RunSummary> {
  const options = named(raw, hooks);
  const prepared = await prepare(options, hooks);
  return logged('window', prepared, hooks, async (inner) => {
    const windows = await windowsStage(prepared, inner);
    return report(windows, prepared.run.windows.folder);
  });
}

/** Compute the attention statistics of all windows. */
export async function score(raw: RunOptions, hooks: Hooks = {}): Promise<RunSummary> {
  const options = named(raw, hooks);
  const { spec } = await resolveSpec(options);
  requireModel(spec.model, spec.output);
  requireDevice(spec.device);
  const prepared = await prepare(options, hooks, { scores: true });
  return logged('score', prepared, hooks, async (inner) => {
    const windows = await made(prepared, inner);
    return report(windows, prepared.run.scores.folder);
  });
}

/** Rank and choose. A run whose scores are done needs neither its inputs nor its model. */
export async function select(options: RunOptions, hooks: Hooks = {}): Promise<RunSummary> {
  const opened = await open(options, hooks);
  return logged('select', opened, hooks, async (inner) => {
    const { windows, selection, removal } = await selected(opened, inner);
    return { ...report(windows, selection.path, selection), ...(removal && { removal }) };
  });
}

/** Write the kept windows as a data set: those of the selection that is there, unless an option of a selection is given. */
export async function exportRun(options: RunOptions, hooks: Hooks = {}): Promise<RunSummary> {
  return selectAndExport(await asSelected(options), hooks);
}

/** By these options, whatever was selected before. */
export async function selectAndExport(options: RunOptions, hooks: Hooks = {}): Promise<RunSummary> {
  return exported('export', options, hooks);
}

async function exported(command: string, options: RunOptions, hooks: Hooks): Promise<RunSummary> {
  const opened = await open(options, hooks);
  const { to } = opened.spec;
  // Before hours of work: a wrong option or address, or a package that is missing.
  const { format, ...settings } = stageOptions('export', opened.spec);
  const reads = readsTexts(format, checkExport(format, settings));
  const place = to === undefined ? undefined : await placeOf(to);
  return logged(command, opened, hooks, async (inner) => {
    const { windows, selection, removal } = await selected(opened, inner);
    const { run, spec } = opened;
    if (reads) await checkInputs(run.manifest);
    const result = await timed('export', inner, async () => {
      const written = await exportWindows(run, selection, {
        format,
        settings,
        ...tokenizerName(spec),
        textOf: textOfRun(opened),
        keptColumns: () => keptColumnsOfRun(run, spec, settings.keepColumns ?? [], inner.signal),
        ...inner,
      });
      return { ...written, counts: { windows: written.rows } };
    });
    if (place) await timed('upload', inner, () => uploadExport(run, result, place, inner));
    const uploaded = place && { uploaded: place.to };
    return { ...report(windows, result.folder, selection), ...(removal && { removal }), ...uploaded };
  });
}

/** Of the folder that it lies in. */
function tokenizerName({ model, tokenizer }: Spec): { tokenizer?: string } {
  const place = model ?? tokenizer?.replace(/[/\\]tokenizer\.json$/, '');
  return place === undefined ? {} : { tokenizer: path.basename(path.resolve(place)) };
}

/** What selection needs: a run whose parts are all there has no model and no tokenizer open. */
interface Opened extends Pick<Prepared, 'run' | 'parts' | 'spec'> {
  /** Where parts may be missing. */
  prepared?: Prepared;
}

/** Neither inputs nor model are opened when all parts are there and no option of windows or scores was changed. */
async function open(raw: RunOptions, hooks: Hooks): Promise<Opened> {
  const options = named(raw, hooks);
  const { spec } = await resolveSpec(options);
  requireModelFor(spec);
  const found = await openFinished(spec);
  if (found) return { ...found, spec };
  requireDevice(spec.device);
  const prepared = await prepare(options, hooks, { scores: true });
  return { ...prepared, prepared };
}

/** All windows, and where there is a model all scores. */
async function made(prepared: Prepared, hooks: Hooks): Promise<WindowsResult> {
  const { model } = prepared;
  if (!model) return windowsStage(prepared, hooks);
  const ready = new PartGate();
  const [windows] = await together(
    (signal) => windowsStage(prepared, { ...hooks, signal, onPart: ready.open }).finally(() => ready.close()),
    (signal) => scoresStage({ ...prepared, model }, { ...hooks, signal, ready, share: shareOf(prepared.run) }),
    { signal: hooks.signal, letsFirstFinish: isOfTheData },
  );
  return windows;
}

/** Then the corpus may be to blame, and the checks of the windows say so better. */
function isOfTheData(error: unknown): boolean {
  return error instanceof LongattnError && (error.kind === 'data' || error.kind === 'partial');
}

async function selected(
  opened: Opened,
  hooks: Hooks,
): Promise<{ windows: WindowsResult; selection: SelectionResult; removal: RemovalResult | undefined }> {
  const { spec } = opened;
  const windows = opened.prepared ? await made(opened.prepared, hooks) : await endWindows(opened);
  if (spec.unit === 'document' && (await missingDocuments(opened.run.windows, opened.parts.length)).length > 0) {
    await completeDocuments(opened.prepared ?? (await prepare({ output: spec.output }, hooks)), hooks);
  }
  const selection = await timed('selection', hooks, async () => {
    const chosen = { ...stageOptions('selection', spec), ...certificateOf(spec) };
    const result = await selectWindows(opened.run, chosen, { name: spec.name, ...hooks });
    return { ...result, counts: { kept: result.domains.reduce((sum, { kept }) => sum + kept, 0) } };
  });
  const removal = spec.removalReport ? await removalOf(opened, selection, hooks) : undefined;
  // A report of the selection before this one would be a wrong one.
  if (!removal) await opened.run.windows.fs.rm(removalPath(opened.run, selection.name), { force: true });
  return { windows, selection, removal };
}

/** Of a choice, while what is ranked by is what was chosen. */
function certificateOf({ score, _found: found }: Spec): { certificate?: { sha256: string; page: string } } {
  const { certificate, chosen } = found ?? {};
  return certificate && chosen?.['score'] === score ? { certificate } : {};
}

function removalOf(opened: Opened, selection: SelectionResult, hooks: Hooks): Promise<RemovalResult> {
  const { window, seed } = opened.spec;
  return reportRemoval(opened.run, selection, { window, seed, textOf: textOfRun(opened), ...hooks });
}

/** A stage without parts, between its two events. */
async function timed<T extends { counts: Record<string, number> }>(
  stage: StageName,
  { onProgress }: Hooks,
  work: () => Promise<T>,
): Promise<T> {
  onProgress?.({ type: 'stage-start', stage, parts: 1, done: 0 });
  const result = await work();
  onProgress?.({ type: 'stage-done', stage, counts: result.counts });
  return result;
}

/** Warns of the names of an earlier version, once. */
function named(options: RunOptions, { onProgress }: Hooks): RunOptions {
  return currentNames(RUN, { ...options }, onProgress) as unknown as RunOptions;
}
