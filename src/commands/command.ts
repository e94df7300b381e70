import { parseArgs } from 'node:util';
import { UsageError } from '../errors.js';
import { closest } from './closest.js';

/**
 * One command, declared as data: the same table parses the command line, writes `--help` and finds typing errors.
 */
export interface Command {
  name: string;
  /** One line, for the list of commands. */
  summary: string;
  options: Readonly<Record<string, OptionSpec>>;
  /** The one argument that it takes: `FILE`. Found under this name among the values, where it was given. */
  argument?: string;
  /** A command of kwho with options of its own may follow the argument; found under `rest`. */
  rest?: string;
  examples: readonly { line: string; what: string }[];
  /** What the exit status says, where it is not the usual. */
  status?: string;
  /** @returns the exit status */
  run(values: OptionValues): Promise<number>;
}

/** An option without `value` is a switch. */
export interface OptionSpec {
  short?: string;
  help: string;
  /** What stands for the value in `--help`: `DURATION`. */
  value?: string;
  /** May be given several times; the values become an array. */
  multiple?: true;
  /** Turns the text into the value; throws {@link UsageError} or returns it. */
  parse?: (text: string, option: string) => unknown;
}

export type OptionValues = Readonly<Record<string, unknown>>;

/** @throws UsageError that names the option, what was expected and what came */
export function parseOptions(command: Command, args: readonly string[]): OptionValues {
  const { tokens } = parseArgs({
    args: [...args],
    options: configOf(command),
    strict: false,
    tokens: true,
  });
  const values: Record<string, unknown> = Object.create(null);
  for (const token of tokens) {
    if (token.kind === 'positional') {
      const { argument, rest } = command;
      if (argument !== undefined && !(argument in values)) values[argument] = token.value;
      else if (rest === undefined) throw unexpected(command, token.value);
      else return { ...values, rest: args.slice(token.index) };
      continue;
    }
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(command.options, token.name) ? command.options[token.name] : undefined;
    if (spec === undefined) throw unknown(command, token.rawName);
    const value = valueIn(spec, token.rawName, token.value, token.inlineValue === true);
    if (spec.multiple === true) {
      const list = values[token.name];
      values[token.name] = Array.isArray(list) ? [...list, value] : [value];
    } else {
      if (token.name in values && spec.value !== undefined)
        throw new UsageError(`${token.rawName} is given twice`);
      values[token.name] = value;
    }
  }
  return values;
}

function configOf(command: Command) {
  return Object.fromEntries(
    Object.entries(command.options).map(([name, spec]) => [
      name,
      {
        type: spec.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(spec.short === undefined ? {} : { short: spec.short }),
      },
    ]),
  );
}

function valueIn(spec: OptionSpec, option: string, text: string | undefined, inline: boolean): unknown {
  if (spec.value === undefined) {
    if (inline) throw new UsageError(`${option} takes no value, and it has '${text}'`);
    return true;
  }
  const swallowed = !inline && text !== undefined && /^--?[a-z]/i.test(text);
  if (text === undefined || swallowed)
    throw new UsageError(`${option} needs a value: ${option} ${spec.value}`);
  return spec.parse === undefined ? text : spec.parse(text, option);
}

function unknown(command: Command, option: string): UsageError {
  const names = Object.entries(command.options).flatMap(([name, { short }]) => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
  return new UsageError(
    `kwho ${command.name} has no option ${option}`,
    didYouMean(option, names) ?? `see kwho ${command.name} --help`,
  );
}

function unexpected(command: Command, word: string): UsageError {
  return new UsageError(
    `kwho ${command.name} takes ${command.argument === undefined ? 'no argument' : `one ${command.argument}`}, and '${word}' came`,
    `an option that takes a value? see kwho ${command.name} --help`,
  );
}

/** The hint of an error about a word that nearly fits. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const near = closest(word, known);
  return near === null ? undefined : `did you mean ${near}?`;
}

/** The page that `kwho COMMAND --help` prints. */
export function helpOf(command: Command): string {
  const rows = Object.entries(command.options).map(([name, spec]): [string, string] => [
    `${spec.short === undefined ? '    ' : `-${spec.short}, `}--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`,
    spec.help,
  ]);
  rows.push(['-h, --help', 'print this page']);
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = [
    `kwho ${command.name}: ${command.summary}`,
    '',
    ['Usage: kwho', command.name, '[OPTIONS]', command.argument, command.rest]
      .filter((word) => word !== undefined)
      .join(' '),
    '',
    'Options:',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    'Examples:',
    ...command.examples.flatMap(({ line, what }) => [`  ${line}`, `      ${what}`]),
    ...(command.status === undefined ? [] : ['', `Exit status: ${command.status}`]),
  ];
  return `${lines.join('\n')}\n`;
}
