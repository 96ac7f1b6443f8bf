// SPDX-License-Identifier: Apache-2.0
import { hashOf, undoable, type Revision } from "../../operator/history/history";
import { managersOf } from "../../operator/history/origin";
import { isConflict } from "../../operator/kube/errors";
import { pathOf } from "../../operator/kube/types";
import { CONFIGS, type ConfigObject } from "../../operator/resources";
import { rolloutOf } from "../../operator/rollout/rules";
import { clusterOptions, withCluster, type Cluster } from "../cluster/cluster";
import { CommandError, UsageError, type Command } from "../command";
import { outputOption, print, wantsJson } from "../common";
import { openRevisions } from "../revisions";
import { table } from "../table";

const MANAGER = "kubectl-portcullis";
const CAUSE = "kubernetes.io/change-cause";

export const command: Command = {
  usage: "CONFIG [--to-revision N] [--list] [-n NAMESPACE] [-o json]",
  description: `Writes an earlier specification of a FirewallConfig back into it, with your own rights: the one before the present, or the one that
--to-revision names. It becomes a new revision and goes over the nodes like any other edit. spec.rollout is left as it is.
--list shows the revisions that are kept.`,
  positional: "name",
  options: {
    name: { type: "string", value: "CONFIG", help: "name of the FirewallConfig" },
    "to-revision": { type: "string", value: "N", help: "number of the revision (default: the newest that differs from the present)" },
    list: { type: "boolean", help: "show the revisions and change nothing" },
    output: outputOption,
    ...clusterOptions,
  },
  async run(args) {
    const json = wantsJson(args);
    const to = numberOf(args.text("to-revision"));
    const [name, list] = [args.required("name"), args.flag("list")];
    const text = await withCluster(args, (cluster) => undo(cluster, { name, list, to, json }));
    print(text);
    return 0;
  },
};

interface Wish {
  readonly name: string;
  readonly list: boolean;
  readonly to: number | undefined;
  readonly json: boolean;
}

/** What is to be printed. */
async function undo(cluster: Cluster, { name, list, to, json }: Wish): Promise<string> {
  const config = await cluster.get<ConfigObject>(pathOf(CONFIGS, { name }));
  const source = await openRevisions(cluster);
  const revisions = await source.list(config);
  if (list) return json ? JSON.stringify(revisions, null, 2) : render(revisions);
  const target = choose(config, revisions, to);
  if (target !== undefined) await restore(cluster, config, target, await source.spec(config, target));
  if (json) return JSON.stringify({ config: name, revision: target?.revision ?? to, changed: target !== undefined }, null, 2);
  return target === undefined ? `${name} has what revision ${to} had already; nothing is changed` : `${name} has again what revision ${target.revision} had`;
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UsageError(`--to-revision is ${JSON.stringify(text)}: write its number, see --list`);
  return Number(text);
}

/** undefined: the config is at the revision that was named. */
export function choose(config: ConfigObject, revisions: readonly Revision[], to: number | undefined): Revision | undefined {
  const { name } = config.metadata;
  const present = hashOf(undoable(config.spec));
  const kept = revisions.length === 0 ? "none is kept" : `kept ${revisions.length === 1 ? "is" : "are"} ${revisions.map(({ revision }) => revision).join(", ")}`;
  const target = to === undefined ? revisions.find(({ hash }) => hash !== present) : revisions.find(({ revision }) => revision === to);
  if (target === undefined) throw new CommandError(to === undefined ? `there is no earlier revision of ${name} to go back to: ${kept}` : `there is no revision ${to} of ${name}: ${kept}`);
  if (target.hash === present) return undefined;
  if (rolloutOf(config).paused) throw new CommandError(`${name} is paused: set spec.rollout.paused to false first, then undo`);
  return target;
}

/** Replaces the specification, under the version that was read. */
async function restore({ client }: Cluster, config: ConfigObject, target: Revision, spec: Record<string, unknown>): Promise<void> {
  warnOf(config);
  const { [CAUSE]: _, ...annotations } = config.metadata.annotations ?? {};
  const metadata = { ...config.metadata, annotations: { ...annotations, ...(target.cause !== "" && { [CAUSE]: target.cause }) } };
  const { rollout } = config.spec;
  const body = { ...config, metadata, spec: { ...spec, ...(rollout !== undefined && { rollout }) } };
  const call = { body, query: { fieldManager: MANAGER }, signal: new AbortController().signal };
  await client.request("PUT", pathOf(CONFIGS, { name: config.metadata.name }), call).catch((error: unknown) => {
    throw isConflict(error) ? new CommandError(`${config.metadata.name} was changed meanwhile, and nothing was written: look at it and try again`) : error;
  });
}

/** Whoever applies the configuration from elsewhere puts his own back. */
function warnOf(config: ConfigObject): void {
  const others = [...new Set(managersOf(config).map(({ manager }) => manager))].filter((manager) => !manager.startsWith("kubectl"));
  if (others.length > 0) process.stderr.write(`portcullis: warning: ${others.join(", ")} ${others.length === 1 ? "owns" : "own"} fields of spec and may write ${others.length === 1 ? "its" : "their"} own back: take the change back there too\n`);
}

function render(revisions: readonly Revision[]): string {
  const rows = revisions.map(({ revision, time, manager, hash, cause, current }) => [`${revision}${current ? " (newest)" : ""}`, time, manager || "-", hash.slice(0, 12), cause || "-"]);
  return rows.length === 0 ? "no revision is kept" : table(["REVISION", "TIME", "BY", "HASH", "CHANGE-CAUSE"], rows);
}
