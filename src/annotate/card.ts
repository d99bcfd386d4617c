// README.md of an annotation: what its columns mean, and how it is joined with its source.
import type { AnnotatedFile } from './annotated-file.js';

const MEANINGS: Readonly<Record<string, string>> = {
  id: "the document's id; null where the row was refused",
  source: 'the file, as the run names it',
  row: 'line or row in it, from 1; 0: the whole file',
  length: 'tokens of the document; null where the row was refused',
  windows: 'windows of the document',
  kept: 'share of its windows that the selection kept, 0 to 1; null where it has none',
  reason: 'why there is no window; null where there is one',
};

/** @param columns names, in their order @param kept columns of the corpus, with their types */
export function annotationCard({
  columns,
  kept,
  files,
  version,
}: {
  columns: readonly string[];
  kept: readonly { name: string; type: unknown }[];
  files: readonly AnnotatedFile[];
  version: string;
}): string {
  const example = files.find(({ source }) => source !== undefined);
  const [source, name] = [example?.source ?? 'SOURCE', example?.name ?? 'NAME.parquet'];
  const meaning = (column: string): string =>
    MEANINGS[column] ?? `${column.slice(column.lastIndexOf('_') + 1)} of that score over the windows of the document`;
  return `# Annotation of a corpus

A row for every row of the corpus, in its order, written by longattn ${version}. Each table of the corpus has a file of its own; text files,
and files that were refused whole, are the rows of \`files.parquet\`.

| file | of | rows |
| --- | --- | --- |
${files.map((file) => `| \`${file.name}\` | ${file.source === undefined ? 'whole files' : `\`${file.source}\``} | ${file.rows} |`).join('\n')}

| column | meaning |
| --- | --- |
${columns.map((column) => `| \`${column}\` | ${meaning(column)} |`).join('\n')}${keptRows(kept)}

A score is one of its domain: it says nothing across domains. Blank lines are no rows; where a corpus was read with \`--limit\`, the rows
behind it are not here. Join by \`row\` there.

\`\`\`python
import duckdb
duckdb.sql("select corpus.*, a.* exclude (id) from '${source}' as corpus positional join 'PATH/${name}' as a")

import polars as pl                      # read_ndjson for JSON lines
pl.concat([pl.read_parquet("${source}"), pl.read_parquet("PATH/${name}").drop("id")], how="horizontal")
\`\`\`
`;
}

function keptRows(kept: readonly { name: string; type: unknown }[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('`', "'").replaceAll(/\s+/g, ' ');
  return kept.map(({ name, type }) => `\n| \`${cell(name)}\` | of the corpus, ${cell(String(type))} |`).join('');
}
