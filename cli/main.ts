// SPDX-License-Identifier: Apache-2.0
// The command line: finds the command, reads its arguments, turns errors into one line and an exit code.
import { basename } from "node:path";
import { VERSION } from "../node-agent/version";
import { CLUSTER_WORDS } from "./cluster/words";
import { CommandError, readArguments, UsageError, type Command, type Options } from "./command";

const HELP = { type: "boolean", short: "h", help: "show this help" } as const;

type Load = () => { readonly command: Command };

interface Entry {
  readonly summary: string;
  /** Loaded on demand: `status` need not wait for the compiler. Asks the agent of this machine, or needs nobody. */
  readonly local?: Load;
  /** Asks a cluster, by a kubeconfig. */
  readonly cluster?: Load;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  run: {
    summary: "run a firewall from a configuration file, in the foreground",
    local: () => require("./commands/run") as typeof import("./commands/run"),
  },
  check: {
    summary: "validate and compile a configuration file, and print every issue",
    local: () => require("./commands/check") as typeof import("./commands/check"),
    cluster: () => require("./commands/check") as typeof import("./commands/check"),
  },
  status: {
    summary: "tell whether the firewall forwards, and why not",
    local: () => require("./commands/status") as typeof import("./commands/status"),
    cluster: () => require("./cluster/commands/status") as typeof import("./cluster/commands/status"),
  },
  power: {
    summary: "show how each datapath core spends its time: busy, polling, asleep",
    local: () => require("./commands/power") as typeof import("./commands/power"),
    cluster: () => require("./cluster/commands/power") as typeof import("./cluster/commands/power"),
  },
  nodes: {
    summary: "list the firewall nodes of a cluster",
    cluster: () => require("./cluster/commands/nodes") as typeof import("./cluster/commands/nodes"),
  },
  interfaces: {
    summary: "list the logical interfaces with their counters",
    local: () => require("./commands/interfaces") as typeof import("./commands/interfaces"),
    cluster: () => require("./cluster/commands/interfaces") as typeof import("./cluster/commands/interfaces"),
  },
  sessions: {
    summary: "list sessions",
    local: () => require("./commands/sessions") as typeof import("./commands/sessions"),
    cluster: () => require("./cluster/commands/sessions") as typeof import("./cluster/commands/sessions"),
  },
  "sessions clear": {
    summary: "end sessions",
    local: () => require("./commands/sessions-clear") as typeof import("./commands/sessions-clear"),
    cluster: () => require("./cluster/commands/sessions-clear") as typeof import("./cluster/commands/sessions-clear"),
  },
  counters: {
    summary: "show the worker's counters and those of every policy",
    local: () => require("./commands/counters") as typeof import("./commands/counters"),
    cluster: () => require("./cluster/commands/counters") as typeof import("./cluster/commands/counters"),
  },
  drops: {
    summary: "show how many packets were dropped, by reason",
    local: () => require("./commands/drops") as typeof import("./commands/drops"),
    cluster: () => require("./cluster/commands/drops") as typeof import("./cluster/commands/drops"),
  },
  "explain node": {
    summary: "tell why a node of a cluster does not forward, and what cures it",
    cluster: () => require("./commands/explain-node") as typeof import("./commands/explain-node"),
  },
  "support-bundle": {
    summary: "collect what is known of a cluster's firewalls in one archive, without secrets",
    cluster: () => require("./cluster/commands/support-bundle") as typeof import("./cluster/commands/support-bundle"),
  },
  replay: {
    summary: "run captures through a configuration and tell what would happen",
    local: () => require("./commands/replay") as typeof import("./commands/replay"),
  },
  "nat map": {
    summary: "tell which ports a subscriber has by port blocks, and who had a port",
    local: () => require("./commands/nat-map") as typeof import("./commands/nat-map"),
    cluster: () => require("./commands/nat-map") as typeof import("./commands/nat-map"),
  },
  undo: {
    summary: "bring an earlier specification of a FirewallConfig back",
    cluster: () => require("./commands/undo") as typeof import("./commands/undo"),
  },
  agent: {
    summary: "run a node of a cluster: programs come from the operator",
    local: () => require("./commands/agent") as typeof import("./commands/agent"),
  },
};

/** The command that the words begin with, of one word or two, and the words behind it. */
function find(words: readonly string[]): { name: string; command: Command | undefined; rest: readonly string[] } {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    const rest = words.slice(count);
    const load = entry && (isPlugin() ? entry.cluster : asksCluster(rest) ? entry.cluster ?? entry.local : entry.local ?? entry.cluster);
    if (load !== undefined) return { name, command: load().command, rest };
  }
  return { name: words[0] ?? "", command: undefined, rest: words.slice(1) };
}

/** `kubectl portcullis` has no other way; `portcullis` asks a cluster when the words name one, or a node of it. */
const asksCluster = (rest: readonly string[]): boolean => rest.some((word) => CLUSTER_WORDS.has(word.split("=")[0] ?? ""));

const isPlugin = (): boolean => basename(process.argv[1] ?? "").startsWith("kubectl-");

/** "portcullis", or "kubectl portcullis" when it was started as a kubectl plugin. */
export function programName(): string {
  return isPlugin() ? "kubectl portcullis" : "portcullis";
}

function overview(): string {
  const shown = Object.entries(COMMANDS).filter(([, { cluster }]) => !isPlugin() || cluster !== undefined);
  const lines = shown.map(([name, { summary }]) => `  ${name.padEnd(15)} ${summary}`);
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
