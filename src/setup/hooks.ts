// What every step of the set-up is given.
export interface SetupHooks {
  signal?: AbortSignal | undefined;
  /** Called with each line that is said while it goes on: by pip, by the compiler. */
  onMessage?: ((line: string) => void) | undefined;
}

export interface BringOptions extends SetupHooks {
  from: string | undefined;
  cuda: boolean;
}
