// SPDX-License-Identifier: Apache-2.0
import { ask } from "../client";
import { UsageError, type Command } from "../command";
import { outputOption, print, stateDir, stateDirOption, wantsJson } from "../common";
import { FILTER_USAGE, filterOptions, filterQuery } from "../session-options";

export const command: Command = {
  usage: `(--all | ${FILTER_USAGE}) [--state-dir DIR] [-o json]`,
  description: "Ends the sessions that match all filters, and says how many. Their next packets are judged as those of new flows.",
  options: {
    all: { type: "boolean", help: "every session" },
    ...filterOptions,
    "state-dir": stateDirOption,
    output: outputOption,
  },
  async run(args) {
    const json = wantsJson(args);
    const query = filterQuery(args);
    if (query.size === 0 && !args.flag("all")) throw new UsageError("say which sessions to clear, or --all");
    if (query.size !== 0 && args.flag("all")) throw new UsageError("--all and filters exclude each other");
    if (args.flag("all")) query.set("all", "1");
    const body = await ask(stateDir(args), `/sessions/clear?${query.toString()}`, "POST");
    const { cleared } = JSON.parse(body) as { cleared: number };
    print(json ? body : `${cleared} session${cleared === 1 ? "" : "s"} cleared`);
    return 0;
  },
};
