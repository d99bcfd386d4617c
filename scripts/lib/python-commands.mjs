// The functions of the Python package, a command each: python/src/longattn/_commands.py. What a command takes is asked of the command
// itself (its builder, given to yargs), what an option is of its row in the tables of src/options. So neither is said again.
import yargs from 'yargs';
import { z } from 'zod';

const RESERVED = new Set(['for', 'from', 'import', 'in', 'is', 'not', 'or', 'and', 'with', 'lambda', 'global']);
/** Commands that end when they are told to, and give no result. */
const NO_FUNCTION = new Set(['serve']);
/** Not of one call: `config` is for people, `watch` prints again and again, the rest is how the function itself talks to the command. */
const LEFT_OUT = new Set(['help', 'version', 'config', 'watch', 'json', 'log-format']);
/** RUN is the first argument of the function instead. */
const RUN_OPTION = 'output';

const HEAD = `"""The commands of longattn, a function each. Written by scripts/python-commands.mjs from the tables of options; change those.

An option that is not given (None) keeps the value that the run was started with; of a new run it is the default. Every function
raises LongattnError: \`code\` says what was wrong, and is one of docs/errors.md; the class is that of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union

from ._call import PathLike, call, switch

Inputs = Union[PathLike, Sequence[PathLike], Mapping[str, Union[PathLike, Sequence[PathLike]]]]
Numbers = Union[int, Sequence[int], str]
`;

const snake = (name) => name.replace(/[A-Z-]/g, (one) => `_${one === '-' ? '' : one.toLowerCase()}`);
const parameterOf = (name) => (RESERVED.has(snake(name)) ? `${snake(name)}_` : snake(name));

/** Every option is also taken as the text that the command line has, such as "12.5%" or "2GiB". */
function typeOf(name, { type, kind }) {
  if (name === 'input' && kind === 'list') return 'Inputs';
  const found = new Set(wordsOf(z.toJSONSchema(type, { io: 'output', unrepresentable: 'any' })));
  if (kind === 'list') found.add('Sequence[str]').add('str');
  // A literal is no help beside any text.
  if (found.has('str')) for (const word of found) if (word.startsWith('Literal')) found.delete(word);
  return [...found].join(' | ');
}

function wordsOf({ type, anyOf, enum: values, const: value, items }) {
  if (anyOf) return anyOf.flatMap(wordsOf);
  if (values) return [`Literal[${values.map((one) => JSON.stringify(one)).join(', ')}]`];
  if (value !== undefined) return [`Literal[${JSON.stringify(value)}]`];
  if (type === 'array') return items.type === 'string' ? ['Sequence[str]', 'str'] : ['Numbers'];
  // Lists that are put in order have no schema of their own.
  if (type === undefined) return ['Numbers'];
  return (
    { boolean: ['bool'], integer: ['int', 'str'], number: ['float', 'str'], string: ['str'] }[type] ?? [
      'Mapping[str, Any]',
      'str',
    ]
  );
}

/** The modules of src/cli/commands hold one command or a list; `model` holds commands of its own, which it gives to yargs. */
function commandsOf(modules, prefix = []) {
  const some = modules.filter(({ command }) => !NO_FUNCTION.has(command.split(' ')[0]));
  return some.flatMap((command) => {
    const name = [...prefix, command.command.split(' ')[0]];
    const inner = [];
    const builder = yargs([]);
    const add = builder.command.bind(builder);
    builder.command = (given) => (inner.push(...[given].flat()), add(given));
    command.builder?.(builder);
    return inner.length > 0 ? commandsOf(inner, name) : [{ ...command, name, options: builder.getOptions() }];
  });
}

/**
 * @param modules commands, as src/cli/main.ts gives them to yargs
 * @param options what src/options/commands.ts and row.ts export: COMMAND_OPTIONS, flagOf
 * @returns the text of _commands.py
 */
export function pythonCommands(modules, { COMMAND_OPTIONS, flagOf }) {
  const functions = commandsOf(modules).map((command) => functionOf(command, COMMAND_OPTIONS, flagOf));
  const names = functions.map(({ name }) => `    ${JSON.stringify(name)},`).join('\n');
  return [HEAD, `__all__ = [\n${names}\n]\n`, ...functions.map(({ text }) => `\n${text}`)].join('\n');
}

function functionOf({ name, command, describe, options }, COMMAND_OPTIONS, flagOf) {
  const own = COMMAND_OPTIONS[name.join(' ')] ?? {};
  const rows = new Map(Object.entries({ ...COMMAND_OPTIONS.run, ...own }).map((entry) => [flagOf(entry[0]), entry]));
  const places = [...command.matchAll(/[<[](\w+)[>\]]/g)].map(([, one]) => one);
  const run = command.includes('[run]');
  const hidden = new Set([...LEFT_OUT, ...options.hiddenOptions, ...places, ...(run ? [RUN_OPTION] : [])]);
  const flags = Object.keys(options.key).filter((flag) => flag.length > 1 && !hidden.has(flag));
  const given = flags.map((flag) => {
    const found = rows.get(flag);
    if (!found) throw new Error(`longattn ${name.join(' ')} has --${flag}, which no table of src/options has`);
    return { flag, parameter: parameterOf(found[0]), row: found[1], type: typeOf(...found) };
  });
  // Of a run only where it is started.
  const required = ({ row }) => row.required === true && !run && Object.values(own).includes(row);
  const parameters = [
    ...places.map((place) => `${place}: ${place === 'run' ? 'PathLike' : 'str'}`),
    '*',
    ...given.filter(required).map(({ parameter, type }) => `${parameter}: ${type}`),
    ...given.filter((one) => !required(one)).map(({ parameter, type }) => `${parameter}: ${type} | None = None`),
    'progress: bool | None = None',
  ];
  const lists = given.filter(({ row }) => row.kind === 'list').map(({ flag }) => JSON.stringify(flag));
  const valueOf = ({ parameter, row }) => (row.kind === 'optional' ? `switch(${parameter})` : parameter);
  const title = name.join('_');
  const text = `def ${title}(
${parameters.map((one) => `    ${one},`).join('\n')}
) -> Any:
    """${describe[0].toUpperCase()}${describe.slice(1)}.

${given.map(helpOf).join('\n')}${given.length > 0 ? '\n' : ''}    progress: bars; None is where stderr is a terminal

    Gives what \`longattn ${name.join(' ')} --json\` prints.
    """
    options = {
${given.map((one) => `        ${JSON.stringify(one.flag)}: ${valueOf(one)},`).join('\n')}
    }
    return call([${name.map((one) => JSON.stringify(one)).join(', ')}], [${places.join(', ')}], options, [${lists.join(', ')}], progress)
`;
  return { name: title, text };
}

function helpOf({ parameter, row: { help, allowed, default: value, absent } }) {
  const shown = absent ?? value;
  // A backslash in a docstring would be read.
  const text = `${parameter}: ${help}. It must be ${allowed}.${shown === undefined ? '' : ` Default: ${shown}.`}`;
  return `    ${text.replaceAll('\\', '\\\\')}`;
}
