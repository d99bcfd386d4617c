// Words of a shell command that a person can read: quoted only where they must be.

/** @throws TypeError for a word with a line break, which a directive of a script cannot hold */
export function quoted(word: string): string {
  if (/[\n\r\0]/.test(word))
    throw new TypeError(`a word of a script must not have a line break: ${JSON.stringify(word)}`);
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command over several lines, an option and its value on each. */
export function commandLines(words: readonly string[], options: readonly (readonly string[])[]): string {
  return [words.map(quoted).join(' '), ...options.map((option) => `  ${option.map(quoted).join(' ')}`)].join(' \\\n');
}
