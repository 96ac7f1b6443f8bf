// SPDX-License-Identifier: Apache-2.0
// Which address families a policy can match at all.
import type { Family } from "../../program/net";
import type { PolicyRow } from "../../program/program";
import { ICMP, ICMPV6 } from "./applications";
import type { CheckInput } from "./checks";

/** Names the enabled policies with their positions as written. */
export function enabledPositions(policies: readonly { enabled: boolean }[]): number[] {
  return policies.flatMap((p, i) => (p.enabled ? [i] : []));
}

export function familiesNeverMeet(input: CheckInput): void {
  const { program, scope, addresses, report } = input;
  const positions = enabledPositions(scope.policies);
  const families = addresses.prefixes.map((list) => new Set<Family>(list.map((p) => p.family)));
  program.policies.forEach((policy, row) => {
    const matched = ([4, 6] as const).some((family) => canMatch(policy, family, families, input));
    if (matched) return;
    const message = "Sources, destinations and applications share no address family, so the policy never matches.";
    report.warning("NeverMatches", `spec.policies[${positions[row]}]`, message);
  });
}

function canMatch(policy: PolicyRow, family: Family, families: readonly ReadonlySet<Family>[], { program }: CheckInput): boolean {
  const list = (sets: readonly number[], negated: boolean): boolean =>
    sets.length === 0 || negated || sets.some((set) => families[set]!.has(family));
  const foreign = family === 4 ? ICMPV6 : ICMP;
  const application =
    policy.applications.length === 0 || policy.applications.some((a) => program.applications[a]!.protocol !== foreign);
  return application && list(policy.sources, policy.sourcesNegated) && list(policy.destinations, policy.destinationsNegated);
}
