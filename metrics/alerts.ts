// SPDX-License-Identifier: Apache-2.0
// Every alert. charts/portcullis/files/alerts.yaml and the section in docs/metrics.md are generated from here; when each fires
// and when it does not is tested in alerts.test.ts.

export interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: "critical" | "warning" | "info";
  /** What is the matter; labels by {{ $labels.NAME }}. */
  readonly summary: string;
  /** What it means, and what cures it. */
  readonly cure: string;
}

const alert = (name: string, severity: Alert["severity"], wait: string, expr: string, summary: string, cure: string): Alert =>
  ({ name: `Portcullis${name}`, expr, for: wait, severity, summary, cure });

export const ALERTS: readonly Alert[] = [
  alert("NoLeader", "critical", "2m", "absent(portcullis_operator_leader == 1)", "No operator leads.",
    "Firewalls forward on, but no change of a FirewallConfig takes effect. Look at the pods (kubectl -n portcullis-system get pods -l app.kubernetes.io/component=operator) and their logs; the operator needs its Lease, so the API server must be reachable."),
  alert("ReconcileErrors", "warning", "15m", "sum by (kind) (rate(portcullis_operator_reconcile_errors_total[10m])) > 0.02", "Reconciling a {{ $labels.kind }} fails again and again.",
    "The operator's log names object and error (\"reconcile failed\"). Missing rights come from an edited role: apply the chart again. Errors of the API server pass with it."),
  alert("QueueStuck", "warning", "15m", "min_over_time(portcullis_operator_queue_depth[10m]) > 0", "Objects wait for the operator all the time.",
    "It is overloaded or the API server is slow: compare portcullis_operator_reconcile_duration_seconds and portcullis_operator_api_requests_total, and raise operator.resources."),
  alert("ApiErrors", "warning", "10m", "sum by (instance) (rate(portcullis_operator_api_requests_total{code=~\"429|5..|none\"}[5m])) / sum by (instance) (rate(portcullis_operator_api_requests_total[5m])) > 0.1", "More than a tenth of the operator's requests to the API server fail.",
    "429 means that the API server throttles it, 5.. that it is ill, none that it is not reached: look at the API server's own health and at the network policies of the namespace."),
  alert("WatchLosesEvents", "warning", "0m", "increase(portcullis_operator_watch_missed_events_total[30m]) > 0", "A watch of {{ $labels.resource }} lost changes.",
    "They were found and repaired within ten minutes. A proxy between operator and API server that cuts or buffers streams does this: let the operator reach the API server directly."),
  alert("ConfigInvalid", "warning", "5m", "max(portcullis_operator_firewallconfigs{condition=\"Compiled\",status=\"False\"}) > 0", "{{ $value }} FirewallConfigs are invalid.",
    "What was accepted before stays in force. kubectl get fwc shows which; kubectl describe fwc NAME names the field and the mistake. Correct it, or take the edit back."),
  alert("ConfigConflict", "warning", "5m", "max(portcullis_operator_firewallconfigs{condition=\"Conflict\",status=\"True\"}) > 0", "{{ $value }} FirewallConfigs select nodes that an older one holds.",
    "The older one wins. Narrow one nodeSelector, or delete one of the two; the condition Conflict names both."),
  alert("NodesNotReady", "critical", "5m", "max(portcullis_operator_firewallnodes{ready=\"False\"}) > 0", "{{ $value }} firewall nodes are not ready.",
    "kubectl get fwn shows which; kubectl portcullis explain node NAME says why and what cures it."),
  alert("NodesUnknown", "warning", "5m", "max(portcullis_operator_firewallnodes{ready=\"Unknown\"}) > 0", "{{ $value }} firewall nodes do not report.",
    "They go on with what they ran. Their agents are not connected: look at the agent's pod on the node, and whether it reaches the Service portcullis-operator on port 9443."),
  alert("CertificateExpires", "critical", "10m", "min(portcullis_operator_certificate_expiry_timestamp_seconds) - time() < 7 * 86400", "The certificate that agents are shown ends in less than seven days.",
    "The operator renews its own ten days before: its log says why it could not (rights on the Secret portcullis-ca). With tls.provider CertManager or Secret, renew the Secret; the operator reads it again by itself."),
  alert("AgentsRefused", "warning", "5m", "sum by (reason) (rate(portcullis_operator_streams_refused_total{reason=~\"NoToken|InvalidToken|WrongAudience|NotNodeBound|NotPodBound|OtherNode|WrongServiceAccount|UnknownNode|UnknownPod|ForeignPod\"}[5m])) > 0", "The operator refuses an agent: {{ $labels.reason }}.",
    "The operator's log names node and address (\"agent refused\", once for each reason and then at every tenfold count). An agent of another release, namespace or cluster does this; an agent of this one is cured by a restart of its pod. What is no agent does not belong there."),
  alert("AgentDisconnected", "warning", "10m", "portcullis_agent_stream_connected == 0", "The agent {{ $labels.instance }} is not connected to the operator.",
    "The node forwards on with its last program. The agent's log says why the stream ends: name resolution, a network policy, a certificate, or a refused token."),
  alert("WorkerDown", "critical", "2m", "portcullis_agent_worker_up == 0 and on (instance) portcullis_agent_program_info == 1", "No worker runs on {{ $labels.instance }}: nothing is forwarded.",
    "kubectl portcullis explain node NAME says what the worker pod lacks: hugepages, CPUs, an image, a device. Its log tells the rest."),
  alert("NotReady", "critical", "5m", "portcullis_agent_problem == 1", "{{ $labels.instance }} does not run the wanted program: {{ $labels.reason }}.",
    "docs/conditions.md explains the reason; kubectl portcullis explain node NAME says what cures it. What ran before runs on where that was possible."),
  alert("WorkerRestarts", "critical", "0m", "increase(portcullis_worker_starts_total[30m]) > 2", "The worker on {{ $labels.instance }} was started several times within half an hour.",
    "Sessions were kept each time. The worker's log ends with the reason; a configuration that crashes it is set aside by itself (reason Quarantined). Report the crash with kubectl portcullis status -o json."),
  alert("CoreStalled", "critical", "1m", "portcullis_worker_core_heartbeat_age_seconds > 3", "Core {{ $labels.core }} of {{ $labels.instance }} gives no sign of life.",
    "The agent kills and restarts a worker that hangs. If this comes again, the core is taken away from the worker: give it CPUs of its own (cpuManagerPolicy: static)."),
  alert("CoreBusy", "warning", "10m", "rate(portcullis_worker_core_busy_seconds_total[5m]) > 0.9", "Core {{ $labels.core }} of {{ $labels.instance }} is busy for more than nine tenths of its time.",
    "Soon packets are lost. Give the firewall more cores (dataplane.cores), or spread its ports over them; docs/cores.md says how they are shared."),
  alert("PacketsMissed", "warning", "5m", "rate(portcullis_worker_port_missed_packets_total[5m]) > 10", "The port {{ $labels.port }} of {{ $labels.instance }} loses packets before they are read.",
    "Its core is too slow for bursts. Use dataplane.rxMode Polling, or more cores; compare portcullis_worker_core_busy_seconds_total."),
  alert("TableNearlyFull", "warning", "5m", "portcullis_worker_table_entries{table!=\"errors\"} / (portcullis_worker_table_capacity > 0) > 0.9", "The table {{ $labels.table }} of {{ $labels.instance }} is more than nine tenths full.",
    "When it is full new entries are refused, established ones go on. docs/limits.md names the setting of its size; if the use is an attack, limit it by zone (halfOpenLimit) or policy."),
  alert("TableRefuses", "critical", "0m", "increase(portcullis_worker_table_refused_total{table!=\"errors\"}[5m]) > 0", "The table {{ $labels.table }} of {{ $labels.instance }} refuses new entries.",
    "It, or the share that one source or zone may have of it, is full. docs/limits.md names the setting of its size."),
  alert("PortDown", "critical", "2m", "portcullis_worker_port_up == 0", "The port {{ $labels.port }} of {{ $labels.instance }} is down.",
    "kubectl get fwn NODE -o yaml has the reason in status.ports: no carrier, no such device, or used by another process. Cure the device or the cable; the worker takes it up again by itself."),
  alert("NatExhausted", "critical", "0m", "increase(portcullis_worker_dropped_packets_total{reason=~\"nat-exhausted|nat-bindings-full\"}[5m]) > 0", "NAT on {{ $labels.instance }} cannot translate new flows: {{ $labels.reason }}.",
    "nat-exhausted: add addresses or ports to the pool (portcullis_worker_nat_pool_sessions shows which). nat-bindings-full: raise dataplane.limits.natBindings."),
  alert("ProgramRefused", "warning", "0m", "increase(portcullis_worker_programs_refused_total[15m]) > 0", "The worker on {{ $labels.instance }} refused a program.",
    "The one before it runs on. The condition ConfigApplied of the FirewallNode names row and field, or the port that could not be opened."),
  alert("RxModeFellBack", "info", "15m", "portcullis_worker_port_rx_mode_info{requested!=\"polling\",wake=~\"refused|silent\"} == 1", "The port {{ $labels.port }} of {{ $labels.instance }} is polled, although its core should sleep when idle.",
    "It cannot wake a core: its driver refuses rx interrupts, or they did not come. Nothing is lost but electricity: ask for Polling, or use another driver."),
  alert("StateReplaced", "warning", "0m", "portcullis_worker_state_replaced == 1", "The worker on {{ $labels.instance }} lost the sessions of the one before it.",
    "The state file was damaged or of another layout; the log of the worker says which. After an upgrade over several versions this is expected; otherwise look at the node's disk and memory."),
];
