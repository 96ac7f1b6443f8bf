// SPDX-License-Identifier: Apache-2.0
// The shape of a command, and how its arguments are read. A wrong argument is a UsageError: exit code 2.
import { parseArgs } from "node:util";

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** Name of the value in the help: "FILE". */
  readonly value?: string;
  readonly help: string;
  readonly default?: string;
}

export type Options = Readonly<Record<string, Option>>;

export interface Arguments {
  /** Value of an option, its default, or undefined. */
  text(name: string): string | undefined;
  /** Like text(), but a UsageError when absent. */
  required(name: string): string;
  list(name: string): readonly string[];
  flag(name: string): boolean;
}

export interface Command {
  /** A paragraph or two for the command's own help. */
  readonly description: string;
  readonly usage: string;
  readonly options: Options;
  /** Name of the option that the first word may give without naming it. */
  readonly positional?: string;
  /** The process's exit code. */
  run(args: Arguments): Promise<number>;
}

/** The command line itself is wrong. */
export class UsageError extends Error {}

/** What the command was asked for cannot be done. */
export class CommandError extends Error {}

export function readArguments(options: Options, argv: readonly string[]): Arguments {
  let values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  try {
    const described = Object.entries(options).map(([name, o]) => [name, {
      type: o.type, multiple: o.multiple ?? false, ...(o.short === undefined ? {} : { short: o.short }),
    }] as const);
    values = parseArgs({ args: [...argv], options: Object.fromEntries(described), strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(usageMessage((error as Error).message));
  }
  const text = (name: string): string | undefined => (values[name] as string | undefined) ?? options[name]?.default;
  return {
    text,
    required: (name) => text(name) ?? missing(name, options),
    list: (name) => (values[name] as string[] | undefined) ?? [],
    flag: (name) => values[name] === true,
  };
}

function missing(name: string, options: Options): never {
  throw new UsageError(`--${name} ${options[name]?.value ?? ""} is required`.replace("  ", " "));
}

/** parseArgs explains itself at length; the first sentence is enough. */
function usageMessage(message: string): string {
  const first = message.split(/\. (?=To |Did )|\n/)[0] ?? message;
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, "");
}
