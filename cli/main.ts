// SPDX-License-Identifier: Apache-2.0
// The command line: finds the command, reads its arguments, turns errors into one line and an exit code.
import { basename } from "node:path";
import { VERSION } from "../node-agent/version";
import { CommandError, readArguments, UsageError, type Command, type Options } from "./command";

const HELP = { type: "boolean", short: "h", help: "show this help" } as const;

interface Entry {
  readonly summary: string;
  /** Loaded on demand: `status` need not wait for the compiler. */
  load(): { readonly command: Command };
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  run: {
    summary: "run a firewall from a configuration file, in the foreground",
    load: () => require("./commands/run") as typeof import("./commands/run"),
  },
  check: {
    summary: "validate and compile a configuration file, and print every issue",
    load: () => require("./commands/check") as typeof import("./commands/check"),
  },
  status: {
    summary: "tell whether the firewall forwards, and why not",
    load: () => require("./commands/status") as typeof import("./commands/status"),
  },
  interfaces: {
    summary: "list the logical interfaces with their counters",
    load: () => require("./commands/interfaces") as typeof import("./commands/interfaces"),
  },
  sessions: {
    summary: "list sessions",
    load: () => require("./commands/sessions") as typeof import("./commands/sessions"),
  },
  "sessions clear": {
    summary: "end sessions",
    load: () => require("./commands/sessions-clear") as typeof import("./commands/sessions-clear"),
  },
  counters: {
    summary: "show the worker's counters and those of every policy",
    load: () => require("./commands/counters") as typeof import("./commands/counters"),
  },
  drops: {
    summary: "show how many packets were dropped, by reason",
    load: () => require("./commands/drops") as typeof import("./commands/drops"),
  },
  replay: {
    summary: "run captures through a configuration and tell what would happen",
    load: () => require("./commands/replay") as typeof import("./commands/replay"),
  },
  "nat map": {
    summary: "tell which ports a subscriber has by port blocks, and who had a port",
    load: () => require("./commands/nat-map") as typeof import("./commands/nat-map"),
  },
  "explain node": {
    summary: "tell why a node of a cluster does not forward, and what cures it",
    load: () => require("./commands/explain-node") as typeof import("./commands/explain-node"),
  },
  agent: {
    summary: "run a node of a cluster: programs come from the operator",
    load: () => require("./commands/agent") as typeof import("./commands/agent"),
  },
};

/** The command that the words begin with, of one word or two, and the words behind it. */
function find(words: readonly string[]): { name: string; command: Command | undefined; rest: readonly string[] } {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    if (Object.hasOwn(COMMANDS, name)) return { name, command: COMMANDS[name]?.load().command, rest: words.slice(count) };
  }
  return { name: words[0] ?? "", command: undefined, rest: words.slice(1) };
}

/** "portcullis", or "kubectl portcullis" when it was started as a kubectl plugin. */
export function programName(): string {
  return basename(process.argv[1] ?? "").startsWith("kubectl-") ? "kubectl portcullis" : "portcullis";
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`);
  return `${programName()}: a zone-based stateful firewall on DPDK

Usage: ${programName()} COMMAND [OPTIONS]

Commands:
${lines.join("\n")}

Options:
  -h, --help     show this help; with a command, the help of the command
  --version      show the version

Exit codes: 0 done, 1 it could not be done, 2 the command line is wrong.
`;
}

export function commandHelp(name: string, command: Command): string {
  const options: Options = { ...command.options, help: HELP };
  const left = Object.entries(options).map(([long, o]) =>
    `${o.short === undefined ? "" : `-${o.short}, `}--${long}${o.value === undefined ? "" : ` ${o.value}`}`);
  const width = Math.max(...left.map((text) => text.length)) + 2;
  const lines = Object.values(options).map((o, i) => `  ${(left[i] ?? "").padEnd(width)}${o.help}`);
  return `Usage: ${programName()} ${name} ${command.usage}\n\n${command.description}\n\nOptions:\n${lines.join("\n")}\n`;
}

/** Runs one command line; returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [word] = argv;
  if (word === undefined || word === "--help" || word === "-h" || word === "help") return help(word, argv.slice(1));
  if (word === "--version" || word === "version") {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const { name, command, rest } = find(argv);
  if (command === undefined) throw new UsageError(`there is no command "${name}"; ${programName()} --help lists them`);
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(commandHelp(name, command));
    return 0;
  }
  try {
    return await command.run(readArguments(command.options, named(command, rest)));
  } catch (error) {
    if (error instanceof UsageError) error.message += ` (${programName()} ${name} --help)`;
    throw error;
  }
}

/** "explain node n1" is "explain node --name n1". */
function named({ positional }: Command, rest: readonly string[]): readonly string[] {
  const [first, ...more] = rest;
  return positional === undefined || first === undefined || first.startsWith("-") ? rest : [`--${positional}`, first, ...more];
}

function help(word: string | undefined, rest: readonly string[]): number {
  const { name, command } = find(rest);
  const text = command === undefined ? overview() : commandHelp(name, command);
  (word === undefined ? process.stderr : process.stdout).write(text);
  return word === undefined ? 2 : 0;
}

/** Entry of bin/portcullis. */
export function start(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => { process.exit(error.code === "EPIPE" ? 0 : 1); });
  main(process.argv.slice(2)).then(
    (code) => { process.exitCode = code; },
    (error: unknown) => {
      const usage = error instanceof UsageError;
      const expected = usage || error instanceof CommandError;
      process.stderr.write(`portcullis: ${expected ? error.message : ((error as Error).stack ?? String(error))}\n`);
      process.exitCode = usage ? 2 : 1;
    },
  );
}
