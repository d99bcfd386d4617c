// The order of the stages, and nothing else: corpus -> windows -> scores -> selection -> export. The Node API of runs.
//
// Each function runs the stages before it that are not done, so that any of them may be called first, or again after a kill.
import type { OnProgress } from './events.js';
import { textFromDocuments, type TextOf } from './export/document-text.js';
import { openFinished, prepare, resolveSpec, type Prepared } from './pipeline/prepare.js';
import { scoresStage } from './pipeline/scores-stage.js';
import { fieldsOf, summarise, windowsStage, type StageHooks, type WindowsResult } from './pipeline/windows-stage.js';
import { checkInputs } from './run/directory.js';
import { partName } from './run/ledger.js';
import type { Spec, SpecInput } from './spec.js';
import { readSlices } from './stages/corpus.js';
import { exportWindows } from './stages/export.js';
import { removalPath, reportRemoval, type RemovalResult } from './stages/removal.js';
import { selectWindows, type SelectionResult } from './stages/selection.js';

export interface RunHooks {
  /** Stops the work; what is finished stays, and the same call goes on from there. */
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/** One line a domain; fields of stages that have not been run are absent. */
export interface DomainReport {
  domain: string;
  /** Documents read, those too short for a window included. */
  documents: number;
  windows: number;
  /** Tokens of the documents. */
  tokens: number;
  dsMean?: number;
  duMean?: number;
  ldsCut?: number | undefined;
  kept?: number;
  keptTokens?: number;
}

export interface RunSummary {
  domains: DomainReport[];
  shortDocuments: number;
  rejects: number;
  rejectsPath: string;
  /** What the selection removes; only with `report`. */
  removal?: RemovalResult;
  /** Path of what was made last. */
  result: string;
}

/** Text to data set: all stages. */
export async function run(options: SpecInput, hooks: RunHooks = {}): Promise<RunSummary> {
  return exportRun(options, hooks);
}

/** Tokenise the corpus and cut it into windows. */
export async function window(options: SpecInput, hooks: RunHooks = {}): Promise<RunSummary> {
  const prepared = await prepare(options, hooks);
  const windows = await windowsStage(prepared, given(hooks));
  return report(windows, prepared.run.windows.folder);
}

/** Compute the attention statistics of all windows. */
export async function score(options: SpecInput, hooks: RunHooks = {}): Promise<RunSummary> {
  const { prepared, windows } = await scored(options, hooks);
  return report(windows, prepared.run.scores.folder);
}

/** Rank and choose. A run whose scores are done needs neither its inputs nor its model. */
export async function select(options: SpecInput, hooks: RunHooks = {}): Promise<RunSummary> {
  const { windows, selection, removal } = await selected(options, hooks);
  return { ...report(windows, selection.path, selection), ...(removal && { removal }) };
}

/** Write the kept windows as a data set. */
export async function exportRun(options: SpecInput, hooks: RunHooks = {}): Promise<RunSummary> {
  const { prepared, spec, windows, selection, removal } = await selected(options, hooks);
  await checkInputs(prepared.run.manifest);
  const textOf = textOfRun(prepared, spec);
  const { folder } = await exportWindows(prepared.run, selection, { format: spec.format, textOf, ...given(hooks) });
  return { ...report(windows, folder, selection), ...(removal && { removal }) };
}

/** The text of windows, from the corpus once more. */
function textOfRun({ run, parts }: Selected['prepared'], spec: Spec): TextOf {
  return textFromDocuments(
    (part) => readSlices(parts[part]!.slices, fieldsOf(spec), () => undefined),
    async (part) => (await run.windows.require(partName(part), 'size')).digest,
  );
}

async function scored(options: SpecInput, hooks: RunHooks): Promise<{ prepared: Prepared; windows: WindowsResult }> {
  const prepared = await prepare(options, hooks);
  const windows = await windowsStage(prepared, given(hooks));
  await scoresStage(prepared, given(hooks));
  return { prepared, windows };
}

interface Selected {
  prepared: Pick<Prepared, 'run' | 'parts'>;
  spec: Spec;
  windows: WindowsResult;
  selection: SelectionResult;
  removal: RemovalResult | undefined;
}

async function selected(options: SpecInput, hooks: RunHooks): Promise<Selected> {
  const { spec } = await resolveSpec(options);
  const { prepared, windows } = (await finished(spec)) ?? (await scored(options, hooks));
  const settings = {
    score: spec.score,
    alpha: spec.alpha,
    std: spec.std,
    heads: spec.heads,
    layer: spec.selectLayer,
    k: spec.selectK,
    keep: spec.keep,
    keepTokens: spec.keepTokens,
    quota: spec.quota,
    maxOverlap: spec.maxOverlap,
    maxPerDocument: spec.maxPerDocument,
    temperature: spec.temperature,
    seed: spec.seed,
  };
  const selection = await selectWindows(prepared.run, settings, hooks.signal ? { signal: hooks.signal } : {});
  const removal = spec.report ? await removalOf(prepared, spec, selection, hooks) : undefined;
  // A report of the selection before this one would be a wrong one.
  if (!removal) await prepared.run.windows.fs.rm(removalPath(prepared.run), { force: true });
  return { prepared, spec, windows, selection, removal };
}

function removalOf(
  prepared: Selected['prepared'],
  spec: Spec,
  selection: SelectionResult,
  hooks: RunHooks,
): Promise<RemovalResult> {
  const { window, seed } = spec;
  return reportRemoval(prepared.run, selection, { window, seed, textOf: textOfRun(prepared, spec), ...hooks });
}

/** The run when all its parts are there and no option of windows or scores was changed: then nothing has to be opened. */
async function finished(spec: Spec): Promise<Pick<Selected, 'prepared' | 'windows'> | undefined> {
  const found = await openFinished(spec);
  if (!found) return undefined;
  const windows = await summarise({ ...found, spec });
  return { prepared: found, windows };
}

function report(windows: WindowsResult, result: string, selection?: SelectionResult): RunSummary {
  const chosen = new Map(selection?.domains.map((domain) => [domain.domain, domain]));
  const domains = Object.entries(windows.counts).map(([domain, { documents, windows: count, tokens }]) => {
    const { dsMean, duMean, ldsCut, kept, keptTokens } = chosen.get(domain) ?? {};
    const choice =
      dsMean === undefined ? {} : { dsMean, duMean: duMean!, ldsCut, kept: kept!, keptTokens: keptTokens! };
    return { domain, documents, windows: count, tokens, ...choice };
  });
  const shortDocuments = Object.values(windows.counts).reduce((sum, domain) => sum + domain.shortDocuments, 0);
  return { domains, shortDocuments, rejects: windows.rejects, rejectsPath: windows.rejectsPath, result };
}

function given({ signal, onProgress }: RunHooks): StageHooks {
  return { ...(signal && { signal }), ...(onProgress && { onProgress }) };
}
