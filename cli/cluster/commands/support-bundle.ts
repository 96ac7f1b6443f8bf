// SPDX-License-Identifier: Apache-2.0
import { rmSync } from "node:fs";
import { CommandError, type Command } from "../../command";
import { print } from "../../common";
import { printable } from "../../table";
import { openArchive, type Archive } from "../archive";
import { Bundle } from "../bundle";
import { clusterOptions, nodeOption, withCluster } from "../cluster";

export const command: Command = {
  usage: "[--file FILE] [--node NAME]",
  description: `Writes one archive with what a person needs who is to help: configurations, nodes, pods, events and revisions, versions, the logs of operator,
agents and workers, and status, interfaces, counters, drops and explanation of every firewall node. No Secret is read; tokens and keys are removed from
every text. What could not be read is listed in not-read.txt. Reads with your own rights; sessions are left out, since they tell who talks to whom.`,
  options: {
    file: { type: "string", value: "FILE", help: "archive to write (default portcullis-support-DATE.tar.gz)" },
    ...nodeOption, ...clusterOptions,
  },
  async run(args) {
    const file = args.text("file") ?? `portcullis-support-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, "")}.tar.gz`;
    return withCluster(args, async (cluster) => {
      const archive = await openArchive(file).catch((error: unknown) => { throw new CommandError(`${file} cannot be written: ${(error as Error).message}`); });
      const bundle = new Bundle({ cluster, archive, nodes: args.list("node") });
      await write(file, archive, bundle);
      print(`${file}: ${bundle.files.length} files${bundle.notRead.length === 0 ? "" : `, ${bundle.notRead.length} things could not be read:`}`);
      for (const line of bundle.notRead) process.stderr.write(`portcullis: not read: ${printable(line)}\n`);
      return 0;
    });
  },
};

async function write(file: string, archive: Archive, bundle: Bundle): Promise<void> {
  try {
    await bundle.collect();
    await archive.close();
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}
