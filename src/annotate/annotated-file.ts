// What is told of a file of an annotation. Apart from the code that writes it, whose types need parquet-wasm's: those want the DOM's
// library, which a project that imports longattn need not have.

export interface AnnotatedFile {
  /** Path below the folder, with "/". */
  name: string;
  /** The file of the corpus that it is of; absent for the one of whole files. */
  source?: string;
  rows: number;
  bytes: number;
  /** Hex digest of all bytes. */
  sha256: string;
}
