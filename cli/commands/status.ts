// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { parseExactJson } from "../../node-agent/json";
import type { StatusView } from "../../node-agent/snapshot";
import { ask } from "../client";
import { CommandError, type Command } from "../command";
import { outputOption, print, stateDir, stateDirOption, wantsJson } from "../common";
import { parseDuration } from "../duration";
import { facts, table } from "../table";

const ASK_EVERY_MS = 100;

export const command: Command = {
  usage: "[--wait DURATION] [--state-dir DIR] [-o json]",
  description: `Exit code 0 when the worker has acknowledged the newest valid configuration and every port is up, 1 otherwise.
With --wait it asks again until that is so or the time is over; the agent need not run yet.`,
  options: {
    wait: { type: "string", value: "DURATION", help: "wait this long, for example 30s" },
    "state-dir": stateDirOption,
    output: outputOption,
  },
  async run(args) {
    const json = wantsJson(args);
    const dir = stateDir(args);
    const wait = args.text("wait");
    const body = await askUntilReady(dir, wait === undefined ? 0 : parseDuration("--wait", wait));
    const status = parseExactJson(body) as StatusView;
    print(json ? body : render(status));
    if (status.ready) return 0;
    throw new CommandError(wait === undefined ? `not ready: ${status.message}` : `not ready within ${wait}: ${status.message}`);
  },
};

/** The last answer; throws when there was none. */
async function askUntilReady(dir: string, waitMs: number): Promise<string> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const last = await ask(dir, "/status").catch((error: unknown) => error as Error);
    if (typeof last === "string" && (parseExactJson(last) as StatusView).ready) return last;
    if (performance.now() + ASK_EVERY_MS > deadline) {
      if (typeof last === "string") return last;
      throw last;
    }
    await sleep(ASK_EVERY_MS);
  }
}

export function render(status: StatusView): string {
  const { worker, agent, sessions } = status;
  const details = "core" in worker ? worker : null;
  const use = (name: string, s: { used: bigint; capacity: number }): string => `${name} ${s.used} of ${s.capacity}`;
  const lines: [string, string][] = [
    ["Ready", status.ready ? "yes" : `no, ${status.reason}: ${status.message}`],
    ["Config", status.config === "" ? "none" : `${status.config} (${status.desired.slice(0, 12)})`],
    ["Active", status.hash === "" ? "none" : status.hash.slice(0, 12)],
    ["Worker", `${worker.phase}${worker.pid === null ? "" : `, pid ${worker.pid}`}${details === null ? "" : `, core${details.cores.length === 1 ? "" : "s"} ${details.cores.join(", ")}, ${details.starts} start${String(details.starts) === "1" ? "" : "s"}`}`],
    ["Agent", `${agent.version}, pid ${agent.pid}, ${agent.mode}, ${agent.stateDir}`],
  ];
  if (details !== null) {
    const { requested, effective, reason } = details.rxMode;
    lines.push(["Rx mode", requested === effective ? effective : `${effective} instead of ${requested}: ${reason}`]);
    if (details.perCore.length > 1)
      lines.push(["Cores", details.perCore.map((c) => `${c.core} ${c.rxMode}${c.heartbeatAgeMs === null ? ", not yet running" : `, heartbeat ${c.heartbeatAgeMs} ms ago`}`).join("; ")]);
    lines.push(["Sessions", `${use("IPv4", sessions.ipv4)}, ${use("IPv6", sessions.ipv6)}`]);
  }
  for (const problem of status.problems) lines.push(["Problem", `${problem.reason}: ${problem.message}`]);
  const ports = table(["PORT", "KIND", "DEVICE", "STATE", "MTU", "READ-BY", "RX-PACKETS", "TX-PACKETS", "MESSAGE"],
    status.ports.map((p) => [p.name, p.kind, p.device, p.state, p.mtu, readBy(p), p.rxPackets, p.txPackets, p.message]));
  return status.ports.length === 0 ? facts(lines) : `${facts(lines)}\n\n${ports}`;
}

function readBy(port: StatusView["ports"][number]): string {
  if (port.readers > 1) return `${port.readers} cores, by ${port.spread.toLowerCase()}`;
  return port.reader === null ? "-" : `core ${port.reader}`;
}
