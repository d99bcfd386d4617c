// A wrong command line, as yargs tells it, in a sentence that names the command, what was wrong and what may have been meant.
import { LongattnError, show } from '../base/errors.js';
import { nearest } from '../base/nearest.js';

/** What yargs knows at the moment of the fault. */
export interface Place {
  /** Of the command that was found, with its arguments, such as `show <run> <window>`; of `model inspect` the last of both. */
  usage: string | undefined;
  /** Words of the command that was found: none, `show`, or `model`, `inspect`. */
  commands: readonly string[];
  /** Commands that may follow. */
  below: readonly string[];
  /** Long options of that command. */
  options: readonly string[];
}

/** @param words of the command line */
export function usageError(message: string, words: readonly string[], place: Place): LongattnError {
  const command = ['longattn', ...place.commands].join(' ');
  const sentence = sentenceOf(message, words, place, command).replace(/(?<![.?!])$/, '.');
  return new LongattnError('USAGE', `${sentence} See ${command} --help.`);
}

function sentenceOf(message: string, words: readonly string[], place: Place, command: string): string {
  const unknown = /^Unknown arguments?: (.*)$/s.exec(message)?.[1];
  if (unknown !== undefined) return unknownOnes(unknown.split(', '), words, place, command);
  const few = /^Not enough non-option arguments: got (\d+)/.exec(message)?.[1];
  const named = place.usage?.match(/<[^>]+>/g) ?? [];
  if (few !== undefined && named.length > Number(few)) {
    const missing = named.slice(Number(few)).map((name) => name.slice(1, -1));
    return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing: ${[command, ...named].join(' ')}.`;
  }
  const wrong = /Argument: (\S+), Given: ("[^"]*"), Choices: (.*)/.exec(message);
  if (wrong) return `--${wrong[1]} must not be ${wrong[2]}. It must be one of ${wrong[3]!.replaceAll('"', '')}`;
  return message.replace(/^Not enough arguments following: (\S+)$/, '--$1 needs a value');
}

function unknownOnes(names: readonly string[], words: readonly string[], place: Place, command: string): string {
  // yargs tells `--keep-token` twice, with the name that it has in an object.
  const inObject = new Set(names.filter((name) => name.includes('-')).map(camelCase));
  const flags = names
    .filter((name) => !inObject.has(name))
    .map((name) => ({ name, flag: [`--${name}`, `-${name}`].find((one) => isGiven(one, words)) }));
  const found = flags.flatMap(({ name, flag }) =>
    flag === undefined ? [] : [`${command} has no option ${flag}.${meant(nearest(name, place.options), '--')}`],
  );
  const word = flags.find(({ flag }) => flag === undefined)?.name;
  if (word === undefined) return found.join(' ');
  if (place.below.length > 0) return `${command} has no command ${show(word)}.${meant(nearest(word, place.below))}`;
  const usage = [command, ...(place.usage?.match(/[<[].+?[>\]]/g) ?? [])].join(' ');
  return [...found, `${show(word)} is one word too many: ${usage}.`].join(' ');
}

const isGiven = (flag: string, words: readonly string[]): boolean =>
  words.some((word) => word === flag || word.startsWith(`${flag}=`));

const meant = (name: string | undefined, dashes = ''): string =>
  name === undefined ? '' : ` Did you mean ${dashes}${name}?`;

const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
