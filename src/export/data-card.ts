// README.md of an exported data set: what it is, how it was made, what the columns mean, how to open it.
import type { Field } from 'apache-arrow';
import { counted } from '../base/counted.js';
import type { JsonObject } from '../io/canonical-json.js';
import type { NullModel } from '../selection/select-windows.js';
import type { DomainSummary } from '../selection/summary.js';
import type { ExportFormat } from '../options/export-formats.js';
import { needsModel, resolveScore } from '../scores/resolve.js';
import { EXPORT_FORMATS } from './formats/index.js';

export interface CardFacts {
  format: ExportFormat;
  /** Name of the column of ids, where it is not the usual one. */
  idsColumn?: string | undefined;
  /** Columns of the corpus that went through. */
  keptColumns?: readonly Field[];
  /** longattn's. */
  version: string;
  /** Model, revision, dtype, kernel, ... of the scores. */
  scores: Readonly<Record<string, string>>;
  /** Of the selection. */
  settings: JsonObject;
  domains: readonly DomainSummary[];
  /** Page of the certificate of the choice, Markdown. */
  certificate?: string | undefined;
  nullModel?: NullModel;
}

const COLUMNS = (ids: string): string => `| column | meaning |
| --- | --- |
| \`window_id\` | unique; the document's place in the corpus and the first token |
| \`doc_id\`, \`domain\`, \`source\` | the document's id, its domain, the file it came from |
| \`text\` | the exact substring of the document; empty where the corpus was given as token ids |
| \`${ids}\` | the exact slice of the document's token ids |
| \`token_start\` | index of the first token in the document |
| \`char_start\`, \`char_end\` | place of \`text\` in the document, in Unicode code points (Python's slicing) |
| \`ds\`, \`du\` | dependency strength (share of attention, 0..1) and distribution uniformity, means over the chosen heads |
| \`lds\` | LDS of the paper, Std(DS) + alpha * Std(DU), in standard deviations of the domain |
| \`score\` | what ranked: the score that \`selection\` above names, LDS by default |
| \`rank\` | 1 = best of the domain, over all its windows, kept or not |`;

/** What is different where a row is a document. */
const WHOLE = `A row is a whole document: all of its token ids, and its text from the first token to the last. Its \`window_id\` ends in \`:0\`; \`ds\`,
\`du\` and \`lds\` are means over its windows, \`score\` is what \`aggregate\` above made of theirs.

`;

export function dataCard({
  format,
  idsColumn,
  keptColumns = [],
  version,
  scores,
  settings,
  domains,
  nullModel,
  certificate,
}: CardFacts): string {
  const { layers: _, selection: _s, ...model } = scores;
  const whole = settings['unit'] === 'document';
  const kept = domains.reduce((sum, domain) => sum + (whole ? (domain.keptDocuments ?? 0) : domain.kept), 0);
  const what = whole ? 'document' : 'window';
  const tokens = domains.reduce((sum, domain) => sum + domain.keptTokens, 0);
  return `---
tags:
- long-context
- longattn
configs:
- config_name: default
  data_files: "${EXPORT_FORMATS[format].rows}"
---
# ${whole ? 'Documents' : 'Windows'} chosen by long-range attention

${counted(kept, what)}, ${counted(tokens, 'token')}, in the order of the corpus. Each domain was ranked by ${rankedBy(settings)}, and its best ${what}s were kept. A score compares windows of one domain;
it says nothing across domains. The texts keep the licences of their sources.

## What was kept
| domain | documents | windows | tokens | DS mean | DU mean | cut at score | kept windows | kept tokens |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${domains.map(domainRow).join('\n')}

${nullLine(nullModel)}

## How it was made
longattn ${version}, with:

\`\`\`json
${JSON.stringify({ scores: model, selection: settings }, null, 2)}
\`\`\`

${certificate === undefined ? '' : `${certificate}\n`}## Columns
${whole ? WHOLE : ''}${columnsOf(format, idsColumn)}${keptRows(keptColumns)}

## Opening it
\`\`\`python
${EXPORT_FORMATS[format].open}
\`\`\`
`;
}

function rankedBy({ score }: JsonObject): string {
  if (typeof score === 'string' && !needsModel(resolveScore(score))) return 'what its token ids say, without a model';
  return `the attention that a language
model pays over long distances (LongAttn, arXiv 2502.16860)`;
}

/** Formats of ids alone have the rest in provenance.arrow. */
function columnsOf(format: ExportFormat, idsColumn: string | undefined): string {
  const usual = EXPORT_FORMATS[format].idsColumn;
  if (usual !== undefined) return COLUMNS(idsColumn ?? usual);
  return `In \`provenance.arrow\` beside the ids, a row a window in their order, without text and ids:\n\n${COLUMNS('token_ids')}`;
}

function keptRows(kept: readonly Field[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('`', "'").replaceAll(/\s+/g, ' ');
  return kept.map(({ name, type }) => `\n| \`${cell(name)}\` | of the corpus, ${cell(String(type))} |`).join('');
}

function nullLine(model: NullModel | undefined): string {
  if (!model) return '';
  return `DS of uniform causal attention at k = ${count(model.k)} of ${count(model.window)} tokens: ${model.ds.toFixed(4)}.`;
}

function domainRow(domain: DomainSummary): string {
  const { documents, windows, tokens, dsMean, duMean, scoreCut, kept, keptTokens } = domain;
  const numbers = [
    count(documents),
    count(windows),
    count(tokens),
    dsMean?.toFixed(4) ?? '',
    duMean?.toExponential(3) ?? '',
  ];
  const name = domain.domain.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
  return `| ${[name, ...numbers, scoreCut?.toFixed(4) ?? 'none', count(kept), count(keptTokens)].join(' | ')} |`;
}

const count = (value: number): string => value.toLocaleString('en-US');
