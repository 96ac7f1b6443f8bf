// SPDX-License-Identifier: Apache-2.0

/** Options that select sessions, as they are called on the command line, in the view API and by the agent. */
export const FILTER_OPTIONS = ["family", "protocol", "address", "source", "destination", "port", "source-port", "destination-port",
  "zone", "from", "to", "policy", "older-than", "younger-than", "id", "nat"] as const;

export type FilterOption = (typeof FILTER_OPTIONS)[number];
