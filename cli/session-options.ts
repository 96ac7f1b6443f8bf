// SPDX-License-Identifier: Apache-2.0
// The options that select sessions, for the list and for their end. What they mean is the agent's matter.
import { FILTER_OPTIONS, type FilterOption } from "../program/session-options";
import type { Arguments, Option } from "./command";

export const filterOptions: Readonly<Record<FilterOption, Option>> = {
  family: { type: "string", value: "4|6", help: "only IPv4 or only IPv6" },
  protocol: { type: "string", value: "P", help: "TCP, UDP, ICMP, ICMPv6, GRE, ESP, SCTP or a number" },
  address: { type: "string", value: "PREFIX", help: "this source or destination, before or after NAT" },
  source: { type: "string", value: "PREFIX", help: "this source, as the initiator sends" },
  destination: { type: "string", value: "PREFIX", help: "this destination, as the initiator sends" },
  port: { type: "string", value: "N", help: "this source or destination port, before or after NAT" },
  "source-port": { type: "string", value: "N", help: "this source port" },
  "destination-port": { type: "string", value: "N", help: "this destination port" },
  zone: { type: "string", value: "ZONE", help: "from or to this zone; host is the firewall itself" },
  from: { type: "string", value: "ZONE", help: "from this zone" },
  to: { type: "string", value: "ZONE", help: "to this zone" },
  policy: { type: "string", value: "NAME", help: "permitted by this policy" },
  "older-than": { type: "string", value: "TIME", help: "opened at least so long ago: 30s, 5m, 1h, 2d" },
  "younger-than": { type: "string", value: "TIME", help: "opened less than so long ago" },
  id: { type: "string", value: "ID", help: "this one session" },
  nat: { type: "string", value: "yes|no", help: "only with or only without address translation" },
};

export const FILTER_USAGE = "[--address PREFIX] [--port N] [--zone ZONE] [...]";

export function filterQuery(args: Arguments): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of FILTER_OPTIONS) {
    const value = args.text(name);
    if (value !== undefined) query.set(name, value);
  }
  return query;
}
