// SPDX-License-Identifier: Apache-2.0
import type { SessionView } from "../../node-agent/sessions";
import type { Command } from "../command";
import { answer, outputOption, stateDirOption } from "../common";
import { table } from "../table";

interface SessionList {
  readonly total: number | string;
  readonly matched: number;
  readonly shown: number;
  readonly sessions: readonly SessionView[];
}

const FILTERS = ["limit", "family", "protocol", "address", "port"] as const;

export const command: Command = {
  usage: "[--limit N] [--family 4|6] [--protocol P] [--address A] [--port N] [--state-dir DIR] [-o json]",
  description: "Lists sessions of the running worker, at most --limit of those that match, and how many there are in all.",
  options: {
    limit: { type: "string", value: "N", default: "100", help: "at most this many, 0 to 100000 (default 100)" },
    family: { type: "string", value: "4|6", help: "only IPv4 or only IPv6" },
    protocol: { type: "string", value: "P", help: "only this protocol: TCP, UDP, ICMP, ICMPv6, SCTP or a number" },
    address: { type: "string", value: "A", help: "only with this source or destination address" },
    port: { type: "string", value: "N", help: "only with this source or destination port" },
    "state-dir": stateDirOption,
    output: outputOption,
  },
  run: (args) => {
    const query = new URLSearchParams();
    for (const name of FILTERS) {
      const value = args.text(name);
      if (value !== undefined) query.set(name, value);
    }
    return answer<SessionList>(args, `/sessions?${query.toString()}`, render);
  },
};

function render(list: SessionList): string {
  const rows = table(["ID", "PROTOCOL", "SOURCE", "DESTINATION", "FROM", "TO", "POLICY", "STATE", "IDLE", "PACKETS", "BYTES"],
    list.sessions.map((s) => [s.id, s.protocol, endpoint(s.source, s.sourcePort), endpoint(s.destination, s.destinationPort),
      s.fromZone ?? "host", s.toZone ?? "host", s.policy ?? "-", s.state ?? "-", `${s.idleSeconds}s/${s.timeoutSeconds}s`, s.packets, s.bytes]));
  const more = list.matched > list.shown ? `, ${list.matched} match (--limit ${list.matched} shows them)` : "";
  return `${rows}\n${list.shown} of ${list.total} session${String(list.total) === "1" ? "" : "s"} shown${more}`;
}

function endpoint(address: string, port: number | null): string {
  if (port === null) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
