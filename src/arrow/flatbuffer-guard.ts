// Counts in Arrow's flatbuffers, held against the bytes that they count before anything loops over them: for our own files and strangers'.
//
// A flatbuffer says itself how long its lists are, and Apache Arrow's parsers believe it: one changed bit can make a list of 2^31
// entries. An entry takes at least 4 bytes, so the bytes that are there bound all lists together.
import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch';
import type { Field } from 'apache-arrow/fb/field';
import { Footer } from 'apache-arrow/fb/footer';
import { Message } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { RecordBatch } from 'apache-arrow/fb/record-batch';
import { Schema } from 'apache-arrow/fb/schema';
import { ByteBuffer } from 'flatbuffers';

/** No real schema is nested deeper; a field that contains itself is. */
const MAX_DEPTH = 64;
const MIN_ENTRY_BYTES = 4;

/** @throws Error when a list of the message is longer than the message */
export function guardMessage(bytes: Uint8Array): void {
  const spend = newBudget(bytes.length);
  const message = Message.getRootAsMessage(new ByteBuffer(bytes));
  spend(message.customMetadataLength());
  switch (message.headerType()) {
    case MessageHeader.Schema:
      return guardSchema(message.header(new Schema()) as Schema | null, spend);
    case MessageHeader.DictionaryBatch:
      return guardBatch((message.header(new DictionaryBatch()) as DictionaryBatch | null)?.data() ?? null, spend);
    case MessageHeader.RecordBatch:
      return guardBatch(message.header(new RecordBatch()) as RecordBatch | null, spend);
    default:
      throw new Error('a message of unknown type');
  }
}

/** @throws Error when a list of the footer is longer than the footer */
export function guardFooter(bytes: Uint8Array): void {
  const spend = newBudget(bytes.length);
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes));
  spend(footer.customMetadataLength());
  spend(footer.recordBatchesLength());
  spend(footer.dictionariesLength());
  guardSchema(footer.schema(), spend);
}

/** Takes a count off the entries that the bytes can hold; returns it. */
type Spend = (count: number) => number;

function newBudget(bytes: number): Spend {
  let left = Math.floor(bytes / MIN_ENTRY_BYTES);
  return (count) => {
    if (!(count >= 0 && count <= left)) throw new Error('a list is longer than the bytes that hold it');
    left -= count;
    return count;
  };
}

function guardBatch(batch: RecordBatch | null, spend: Spend): void {
  if (!batch) throw new Error('a message without its header');
  spend(batch.nodesLength());
  spend(batch.buffersLength());
  spend(batch.variadicBufferCountsLength());
}

function guardSchema(schema: Schema | null, spend: Spend): void {
  if (!schema) throw new Error('a message without its schema');
  spend(schema.customMetadataLength());
  for (let i = 0, count = spend(schema.fieldsLength()); i < count; i++) guardField(schema.fields(i), spend, 1);
}

function guardField(field: Field | null, spend: Spend, depth: number): void {
  if (!field || depth > MAX_DEPTH) throw new Error('a schema that is nested too deeply');
  spend(field.customMetadataLength());
  for (let i = 0, count = spend(field.childrenLength()); i < count; i++)
    guardField(field.children(i), spend, depth + 1);
}
