// SPDX-License-Identifier: Apache-2.0
// Who has which ports, by the arithmetic of port blocks. Nothing is asked: the configuration says it all.
import { exactJson } from "../../node-agent/json";
import { compileText, readConfig } from "../../node-agent/config-text";
import { parseAddress } from "../../program/net";
import { allBlocks, type Block, blocksOfPort, blocksOfSubscriber } from "../../program/port-blocks";
import type { NatPoolRow } from "../../program/program";
import { type Arguments, CommandError, type Command, UsageError } from "../command";
import { configOption, outputOption, print, wantsJson } from "../common";
import { formatIssues } from "../issues";
import { table } from "../table";

export const command: Command = {
  usage: "--config FILE (--subscriber ADDRESS | --external ADDRESS:PORT | --list) [--pool NAME] [-o json]",
  description: `Tells the outer address and the ports that a subscriber has by the port blocks of FILE (RFC 7422), or whose an outer
address and port is. Nothing is started and no firewall is asked: the answer follows from FILE alone, so keep
the files of the past to answer for the past. Exit code 1 when nobody is found.`,
  options: {
    config: configOption,
    subscriber: { type: "string", value: "ADDRESS", help: "inner address: which outer address and ports it has" },
    external: { type: "string", value: "ADDRESS:PORT", help: "outer address and port: whose it is" },
    list: { type: "boolean", help: "every subscriber" },
    pool: { type: "string", value: "NAME", help: "only this pool" },
    output: outputOption,
  },
  async run(args) {
    const json = wantsJson(args);
    const pools = poolsOf(args);
    const blocks = find(args, pools);
    print(json ? exactJson({ blocks: blocks.map(asJson) }) : text(blocks));
    return blocks.length > 0 ? 0 : 1;
  },
};

function poolsOf(args: Arguments): readonly NatPoolRow[] {
  const file = args.required("config");
  let source: string;
  try {
    source = readConfig(file);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
  const { text: yaml, issues, loaded } = compileText(source);
  if (loaded === undefined) throw new CommandError(`${file} is not valid:\n${formatIssues(file, yaml, issues).trimEnd()}`);
  const { pools } = loaded.program.nat;
  const name = args.text("pool");
  const chosen = pools.filter((pool) => pool.blocks !== null && (name === undefined || pool.name === name));
  if (chosen.length > 0) return chosen;
  throw new CommandError(name === undefined ? `${file} has no pool with portBlocks` : `${file} has no pool ${name} with portBlocks`);
}

function find(args: Arguments, pools: readonly NatPoolRow[]): Block[] {
  const [subscriber, external, list] = [args.text("subscriber"), args.text("external"), args.flag("list")];
  if ([subscriber !== undefined, external !== undefined, list].filter(Boolean).length !== 1) {
    throw new UsageError("give exactly one of --subscriber, --external and --list");
  }
  if (list) return pools.flatMap((pool) => [...allBlocks(pool)]);
  if (subscriber !== undefined) return blocksOfSubscriber(pools, ipv4(subscriber, "--subscriber"));
  const [address = "", port = ""] = (external ?? "").split(":");
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError(`--external must be an address and a port, for example 192.0.2.1:2048, not "${external}"`);
  return blocksOfPort(pools, ipv4(address, "--external"), Number(port));
}

function ipv4(address: string, option: string): string {
  if (parseAddress(address)?.family !== 4) throw new UsageError(`${option} must have an IPv4 address, not "${address}"`);
  return address;
}

function asJson({ pool, subscriber, address, low, high }: Block): object {
  return { pool, subscriber, external: address, ports: [low, high] };
}

function text(blocks: readonly Block[]): string {
  if (blocks.length === 0) return "nobody";
  return table(["POOL", "SUBSCRIBER", "EXTERNAL", "PORTS"], blocks.map((b) => [b.pool, b.subscriber, b.address, `${b.low}-${b.high}`]));
}
