// A model that was found: in a folder of the user's, in a cache, or downloaded.

export interface ModelFolder {
  /** Absolute path. `openModelFolder` with the same layers can open it. */
  folder: string;
  source: 'folder' | 'cache' | 'hub';
  /** `org/name`, of a model on the Hub. */
  id?: string;
  /** 40 hex digits, of a model on the Hub. */
  commit?: string;
}
