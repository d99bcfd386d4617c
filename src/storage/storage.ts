// Where files lie, as one small interface: the corpus reads a disk, a web server and a bucket by the same calls.
//
// A file of a server is read by many requests, between which it may be replaced. So whoever reads it says what it was when it was listed
// (size and tag), and every answer is held against that.

/** A file as it was when it was listed. */
export interface StoredFile {
  /** A path, or an address such as `https://host/data.parquet`. */
  path: string;
  bytes: number;
  /** Changes with the content. Absent for local files, and for servers that give none. */
  etag?: string;
}

/** First byte and one past the last. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface OpenFile {
  /** Of the whole file. */
  readonly bytes: number;
  /**
   * As FileHandle.read: fewer bytes than `length` only at the end of the file.
   * @param offset in `buffer`
   * @param position in the file
   */
  read<B extends Uint8Array>(
    buffer: B,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number; buffer: B }>;
  close(): Promise<void>;
}

/**
 * Faults of a local file are thrown as Node's system errors, as whoever reads knows what to say of them. Those of a server are
 * LongattnErrors: INPUT_UNREADABLE after the last attempt, INPUT_CHANGED, STORAGE_NO_RANGES, STORAGE_FORBIDDEN.
 */
export interface Storage {
  /** Undefined where there is no such file. */
  stat(path: string): Promise<StoredFile | undefined>;
  /**
   * All files whose address begins with `prefix`, in no order that matters. Absent for a web server, which lists nothing, and for local
   * files, whose folders have links to follow.
   */
  list?(prefix: string): Promise<StoredFile[]>;
  open(file: StoredFile): Promise<OpenFile>;
  /** The bytes in order, in bounded memory. An empty range gives none. */
  stream(file: StoredFile, range?: ByteRange): AsyncIterable<Buffer>;
  /** For files below `to`. Absent where nothing can be sent to. */
  upload?(to: string): Upload | Promise<Upload>;
}

/** A file of this machine that is to be sent. */
export interface Outgoing {
  /** Of this machine. */
  path: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

export interface UploadHooks {
  signal?: AbortSignal | undefined;
  /** Bytes that have arrived, each once. */
  onSent?: (bytes: number) => void;
}

/** @throws LongattnError UPLOAD_FAILED after the last attempt, STORAGE_FORBIDDEN, and for the Hub HUB_* */
export interface Upload {
  /**
   * Does the server hold these bytes already?
   * @param tag that the file had when an earlier attempt had sent it
   */
  isThere(file: Outgoing, listed: StoredFile, tag: string | undefined): boolean | Promise<boolean>;
  /**
   * Sends a file, and returns when the server has said that it holds these bytes; or keeps it for `finish`.
   * @returns the bytes that were sent now, and the tag that the file has there
   */
  put(file: Outgoing, address: string, hooks?: UploadHooks): Promise<{ sent: number; tag?: string | undefined }>;
  /**
   * Sends what `put` has kept, and makes it visible.
   * @returns the bytes that were sent now
   */
  finish(hooks?: UploadHooks): Promise<number>;
}
