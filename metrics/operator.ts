// SPDX-License-Identifier: Apache-2.0
// Every metric of the operator.
import { CONFIG_CONDITIONS } from "../crds/conditions";
import { REFUSALS } from "../operator/stream/refusal";
import { counter, gauge, histogram, oneOf, upTo } from "./define";

export const KINDS = ["config", "node"] as const;
export const VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "WATCH"] as const;
const CODES = ["200", "201", "202", "400", "401", "403", "404", "409", "410", "413", "422", "429", "500", "502", "503", "504", "none", "other"] as const;
export const RESOURCES = ["firewallconfigs", "firewallnodes", "nodes", "controllerrevisions", "pods"] as const;
export const STREAM_REASONS = [...REFUSALS, "NotLeader", "InvalidNode", "Busy", "NoReview", "ABORTED", "DEADLINE_EXCEEDED", "INVALID_ARGUMENT", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
  "UNAUTHENTICATED", "UNAVAILABLE", "other"] as const;
export const CONDITION_STATUSES = ["True", "False", "Unknown"] as const;

const kind = { kind: oneOf("What was reconciled: a FirewallConfig or a node.", KINDS) };
const resource = { resource: oneOf("The collection that is watched.", RESOURCES) };

export const OPERATOR_METRICS = {
  portcullis_operator_info: gauge("1; the version is in the label.", { version: upTo(1, "Version of the operator.") }),
  portcullis_operator_leader: gauge("1: this operator leads. 0: another one does, or none."),
  portcullis_operator_queue_depth: gauge("Objects that wait to be reconciled or are being reconciled."),
  portcullis_operator_reconcile_duration_seconds: histogram("Time of one reconciliation, seconds.", [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60], kind),
  portcullis_operator_reconcile_errors_total: counter("Reconciliations that failed and are tried again.", kind),
  portcullis_operator_reconcile_conflicts_total: counter("Reconciliations that are done again because the object changed meanwhile.", kind),
  portcullis_operator_api_requests_total: counter("Answers of the API server.", {
    verb: oneOf("Method of the request; WATCH is the start of a watch.", VERBS),
    code: oneOf("Status of the answer; `none`: there was no answer, `other`: one that is not in this list.", CODES),
  }),
  portcullis_operator_api_retries_total: counter("What failed at the API server and was tried again after a pause.", { what: oneOf("Who tried.", ["reconcile", "watch", "lease"]) }),
  portcullis_operator_watch_lists_total: counter("Whole lists that were read.", resource),
  portcullis_operator_watch_starts_total: counter("Watches that were started. They also end in good order, every five to eight minutes.", resource),
  portcullis_operator_watch_failures_total: counter("Lists and watches that failed.", resource),
  portcullis_operator_watch_gone_total: counter("Watches whose place the API server had forgotten (410), so that the list was read anew.", resource),
  portcullis_operator_watch_idle_total: counter("Watches that fell silent and were taken for dead.", resource),
  portcullis_operator_watch_missed_events_total: counter("Changes that a watch had lost, found by comparing with a list and repaired.", resource),
  portcullis_operator_cached_objects: gauge("Objects in the cache.", resource),
  portcullis_operator_compile_duration_seconds: histogram("Time of one compilation of a FirewallConfig, seconds.", [0.005, 0.02, 0.1, 0.5, 2, 10, 60]),
  portcullis_operator_compiles_total: counter("Compilations by their end.", {
    result: oneOf("`valid`; `invalid`: the configuration has an error; `aborted`: it took too long or too much memory.", ["valid", "invalid", "aborted"]),
  }),
  portcullis_operator_agents_connected: gauge("Agents whose stream is open. Only the leader has any."),
  portcullis_operator_streams_refused_total: counter("Streams of agents that were refused or ended for a fault.", {
    reason: oneOf("Why; in capitals: the gRPC status of a stream that had been let in.", STREAM_REASONS),
  }),
  portcullis_operator_programs_sent_total: counter("Programs that were sent to agents, to the last byte."),
  portcullis_operator_program_bytes_sent_total: counter("Bytes of programs sent to agents."),
  portcullis_operator_certificate_expiry_timestamp_seconds: gauge("When the certificate that agents are shown ends, Unix time. Absent until there is one."),
  portcullis_operator_firewallnodes: gauge("FirewallNodes by the status of their condition Ready.", { ready: oneOf("Status of Ready.", CONDITION_STATUSES) }),
  portcullis_operator_firewallconfigs: gauge("FirewallConfigs by the status of each condition.", {
    condition: oneOf("The condition.", Object.keys(CONFIG_CONDITIONS)), status: oneOf("Its status; a condition that is not there counts as Unknown.", CONDITION_STATUSES),
  }),
  portcullis_operator_events_dropped_total: counter("Kubernetes Events that were not written, because too many waited."),
};
