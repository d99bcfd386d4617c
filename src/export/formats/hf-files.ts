// The files beside the data that make a folder a Hugging Face data set, as `Dataset.save_to_disk` writes them.
import { Field } from 'apache-arrow';
import type { ColumnType, TableColumns } from '../../arrow/schema.js';
import { featureOf } from './hf-features.js';
import type { ExportFile } from './format.js';

const VALUE_TYPES: Partial<Record<ColumnType, string>> = {
  utf8: 'string',
  large_utf8: 'large_string',
  int32: 'int32',
  float64: 'float64',
  bool: 'bool',
};

/** `Features` of the `datasets` library. Lists are named `Sequence`, which versions before 4 know and later ones read too. */
export function hfFeatures(columns: TableColumns): Record<string, unknown> {
  return Object.fromEntries<unknown>(
    Object.entries(columns).map(([name, type]) => {
      if (type instanceof Field) return [name, featureOf(type)];
      const list = /^list<(\w+)>$/.exec(type);
      if (list) return [name, { feature: { dtype: list[1], _type: 'Value' }, _type: 'Sequence' }];
      return [name, { dtype: VALUE_TYPES[type], _type: 'Value' }];
    }),
  );
}

/** Of the Arrow schema: `Dataset.from_file` takes the features from here. None where `datasets` has none for a column. */
export function hfMetadata(columns: TableColumns): Record<string, string> {
  const isKnown = (type: ColumnType | Field): boolean => !(type instanceof Field) || featureOf(type) !== undefined;
  if (!Object.values(columns).every(isKnown)) return {};
  return { huggingface: JSON.stringify({ info: { features: hfFeatures(columns) } }) };
}

/** @param fingerprint names the content: the cache of `datasets` goes by it */
export function hfFiles(
  columns: TableColumns,
  shards: readonly ExportFile[],
  fingerprint: string,
): Record<string, string> {
  const info = { citation: '', description: '', features: hfFeatures(columns), homepage: '', license: '' };
  const state = {
    _data_files: shards.map(({ name }) => ({ filename: name })),
    _fingerprint: fingerprint.slice(0, 16),
    _format_columns: null,
    _format_kwargs: {},
    _format_type: null,
    _output_all_columns: false,
    _split: 'train',
  };
  const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return { 'dataset_info.json': text(info), 'state.json': text(state) };
}
