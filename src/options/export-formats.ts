// Names of the formats of an export, in a file that imports nothing: the command line lists them without loading a writer.
export const EXPORT_FORMAT_NAMES = ['hf', 'arrow', 'parquet', 'jsonl', 'jsonl.zst', 'tokens', 'mds'] as const;
export type ExportFormat = (typeof EXPORT_FORMAT_NAMES)[number];

/** Readers of a token file, each with files of its own beside the ids. */
export const TOKEN_READERS = ['megatron', 'olmo', 'torchtitan', 'datatrove'] as const;
export type TokenReader = (typeof TOKEN_READERS)[number];
