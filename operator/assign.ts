// SPDX-License-Identifier: Apache-2.0
// Which FirewallConfig has which node. Pure and deterministic: of several that match a node the oldest wins.
import type { NodeSelector } from "../crds/index";
import { matches } from "./selector";

export interface Claim {
  config: string;
  uid: string;
  createdAt: string;
  selector: NodeSelector | undefined;
}

export interface LabelledNode {
  name: string;
  labels: Readonly<Record<string, string>> | undefined;
}

export interface Share {
  /** Nodes that this config has, sorted. */
  won: string[];
  /** Nodes that it selects too, by the older config that has them. */
  lost: Map<string, string[]>;
}

export interface Assignment {
  winner: Map<string, Claim>;
  shares: Map<string, Share>;
}

const byAge = (a: Claim, b: Claim): number => {
  const [left, right] = [`${a.createdAt} ${a.uid}`, `${b.createdAt} ${b.uid}`];
  return left < right ? -1 : left > right ? 1 : 0;
};

export function assign(claims: readonly Claim[], nodes: readonly LabelledNode[]): Assignment {
  const oldestFirst = [...claims].sort(byAge);
  const winner = new Map<string, Claim>();
  const shares = new Map<string, Share>(oldestFirst.map((claim) => [claim.config, { won: [], lost: new Map() }]));
  for (const node of [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const claimants = oldestFirst.filter((claim) => matches(claim.selector, node.labels));
    const [first, ...others] = claimants;
    if (first === undefined) continue;
    winner.set(node.name, first);
    shares.get(first.config)?.won.push(node.name);
    for (const other of others) {
      const lost = shares.get(other.config)?.lost;
      lost?.set(first.config, [...(lost.get(first.config) ?? []), node.name]);
    }
  }
  return { winner, shares };
}
