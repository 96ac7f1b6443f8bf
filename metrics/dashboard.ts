// SPDX-License-Identifier: Apache-2.0
// The Grafana dashboard, charts/portcullis/files/dashboard.json. `$instance` chooses agents.

export interface Panel {
  readonly title: string;
  readonly kind: "stat" | "timeseries" | "table";
  /** Unit as Grafana names it. */
  readonly unit: string;
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

const panel = (title: string, unit: string, ...queries: [expr: string, legend: string][]): Panel => ({ title, kind: "timeseries", unit, queries: queries.map(([expr, legend]) => ({ expr, legend })) });
const stat = (title: string, unit: string, expr: string, legend = ""): Panel => ({ title, kind: "stat", unit, queries: [{ expr, legend }] });
const I = 'instance=~"$instance"';
const rate = (metric: string, by: string, more = ""): string => `sum by (${by}) (rate(${metric}{${I}${more}}[$__rate_interval]))`;

export const ROWS: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  { title: "Fleet", panels: [
    stat("Nodes ready", "none", 'max(portcullis_operator_firewallnodes{ready="True"})'),
    stat("Nodes not ready", "none", 'max(portcullis_operator_firewallnodes{ready="False"}) + max(portcullis_operator_firewallnodes{ready="Unknown"})'),
    stat("Configurations invalid", "none", 'max(portcullis_operator_firewallconfigs{condition="Compiled",status="False"})'),
    stat("Agents connected", "none", "max(portcullis_operator_agents_connected)"),
    stat("Certificate ends", "dateTimeFromNow", "min(portcullis_operator_certificate_expiry_timestamp_seconds) * 1000"),
    stat("Program", "none", `max by (config, hash) (portcullis_agent_program_info{${I}})`, "{{config}} {{hash}}"),
  ] },
  { title: "Traffic", panels: [
    panel("Packets", "pps", [rate("portcullis_worker_received_packets_total", "instance"), "{{instance}} received"], [rate("portcullis_worker_forwarded_packets_total", "instance"), "{{instance}} forwarded"], [rate("portcullis_worker_punted_packets_total", "instance"), "{{instance}} for the firewall itself"]),
    panel("Bits", "bps", [`8 * ${rate("portcullis_worker_received_bytes_total", "instance")}`, "{{instance}} received"], [`8 * ${rate("portcullis_worker_forwarded_bytes_total", "instance")}`, "{{instance}} forwarded"]),
    panel("Drops by reason", "pps", [`topk(10, ${rate("portcullis_worker_dropped_packets_total", "reason")})`, "{{reason}}"]),
    panel("Ports", "bps", [`8 * ${rate("portcullis_worker_port_receive_bytes_total", "instance, port")}`, "{{instance}} {{port}} in"], [`8 * ${rate("portcullis_worker_port_transmit_bytes_total", "instance, port")}`, "{{instance}} {{port}} out"]),
    panel("Ports up, and packets missed", "none", [`min by (instance, port) (portcullis_worker_port_up{${I}})`, "{{instance}} {{port}} up"], [rate("portcullis_worker_port_missed_packets_total", "instance, port"), "{{instance}} {{port}} missed/s"]),
    panel("Interfaces", "pps", [rate("portcullis_worker_interface_receive_packets_total", "instance, interface"), "{{instance}} {{interface}} in"], [rate("portcullis_worker_interface_transmit_packets_total", "instance, interface"), "{{instance}} {{interface}} out"]),
  ] },
  { title: "Sessions and tables", panels: [
    panel("Sessions", "none", [`sum by (instance, family) (portcullis_worker_sessions{${I}})`, "{{instance}} {{family}}"]),
    panel("Sessions opened and ended", "cps", [rate("portcullis_worker_sessions_opened_total", "instance"), "{{instance}} opened"], [rate("portcullis_worker_sessions_closed_total", "instance"), "{{instance}} closed"], [rate("portcullis_worker_sessions_expired_total", "instance"), "{{instance}} expired"], [rate("portcullis_worker_sessions_denied_total", "instance"), "{{instance}} denied"]),
    panel("Tables, share in use", "percentunit", [`portcullis_worker_table_entries{${I}} / (portcullis_worker_table_capacity{${I}} > 0)`, "{{instance}} {{table}}"]),
    panel("Tables, most in use since the start", "percentunit", [`portcullis_worker_table_high_water{${I}} / (portcullis_worker_table_capacity{${I}} > 0)`, "{{instance}} {{table}}"]),
    panel("Tables, refused entries", "ops", [rate("portcullis_worker_table_refused_total", "instance, table"), "{{instance}} {{table}}"]),
  ] },
  { title: "Cores and worker", panels: [
    panel("Cores, busy share", "percentunit", [`rate(portcullis_worker_core_busy_seconds_total{${I}}[$__rate_interval])`, "{{instance}} core {{core}}"]),
    panel("Packets by core", "pps", [rate("portcullis_worker_core_packets_total", "instance, core"), "{{instance}} core {{core}}"], [rate("portcullis_worker_core_steered_packets_total", "instance, core"), "{{instance}} core {{core}} passed on"]),
    { title: "Receive mode", kind: "table", unit: "none", queries: [{ expr: `portcullis_worker_rx_mode_info{${I}}`, legend: "" }] },
    panel("Signs of life", "s", [`max by (instance) (portcullis_worker_heartbeat_age_seconds{${I}})`, "{{instance}} control"], [`max by (instance, core) (portcullis_worker_core_heartbeat_age_seconds{${I}})`, "{{instance}} core {{core}}"]),
    panel("Worker up, agent ready and connected", "none", [`min by (instance) (portcullis_agent_worker_up{${I}})`, "{{instance}} worker"], [`min by (instance) (portcullis_agent_ready{${I}})`, "{{instance}} ready"], [`min by (instance) (portcullis_agent_stream_connected{${I}})`, "{{instance}} stream"]),
    panel("Starts of the worker", "none", [`max by (instance) (portcullis_worker_starts_total{${I}})`, "{{instance}}"]),
    panel("Problems", "none", [`max by (reason) (portcullis_agent_problem{${I}})`, "{{reason}}"]),
    panel("Time since the last publication", "s", [`time() - max by (instance) (portcullis_agent_publish_timestamp_seconds{${I}})`, "{{instance}}"]),
  ] },
  { title: "Operator", panels: [
    panel("Leader", "none", ["portcullis_operator_leader", "{{instance}}"]),
    panel("Queue", "none", ["portcullis_operator_queue_depth", "{{instance}}"]),
    panel("Reconcile time, 99th percentile", "s", ["histogram_quantile(0.99, sum by (kind, le) (rate(portcullis_operator_reconcile_duration_seconds_bucket[$__rate_interval])))", "{{kind}}"]),
    panel("Reconcile errors and conflicts", "ops", ["sum by (kind) (rate(portcullis_operator_reconcile_errors_total[$__rate_interval]))", "{{kind}} errors"], ["sum by (kind) (rate(portcullis_operator_reconcile_conflicts_total[$__rate_interval]))", "{{kind}} conflicts"]),
    panel("Requests to the API server", "reqps", ["sum by (verb, code) (rate(portcullis_operator_api_requests_total[$__rate_interval]))", "{{verb}} {{code}}"], ["sum by (what) (rate(portcullis_operator_api_retries_total[$__rate_interval]))", "retries of {{what}}"]),
    panel("Watches", "ops", ["sum by (resource) (rate(portcullis_operator_watch_starts_total[$__rate_interval]))", "{{resource}} started"], ["sum by (resource) (rate(portcullis_operator_watch_missed_events_total[$__rate_interval]))", "{{resource}} missed"]),
    panel("Compilations", "ops", ["sum by (result) (rate(portcullis_operator_compiles_total[$__rate_interval]))", "{{result}}"]),
    panel("Streams refused", "ops", ["sum by (reason) (rate(portcullis_operator_streams_refused_total[$__rate_interval]))", "{{reason}}"]),
    panel("Programs sent", "Bps", ["sum(rate(portcullis_operator_program_bytes_sent_total[$__rate_interval]))", "bytes"]),
    panel("Memory of operators and agents", "bytes", ["process_resident_memory_bytes and on (instance) (portcullis_operator_info or portcullis_agent_info)", "{{instance}}"]),
  ] },
];

const WIDTH = 24;
const HEIGHT = 8;

/** Every query of every panel, with the variables of Grafana filled in. */
export function queries(interval: string): { panel: string; expr: string }[] {
  return ROWS.flatMap(({ panels }) => panels.flatMap(({ title, queries: all }) =>
    all.map(({ expr }) => ({ panel: title, expr: expr.replaceAll("$__rate_interval", interval).replaceAll("$instance", ".*") }))));
}

export function dashboardText(): string {
  let [id, y] = [0, 0];
  const panels: object[] = [];
  for (const row of ROWS) {
    panels.push({ id: ++id, type: "row", title: row.title, collapsed: false, gridPos: { x: 0, y: y++, w: WIDTH, h: 1 } });
    const [w, h] = row.panels.every(({ kind }) => kind === "stat") ? [WIDTH / row.panels.length, 4] : [8, HEIGHT];
    row.panels.forEach((one, n) => panels.push(drawn(one, ++id, { x: (n * w) % WIDTH, y: y + Math.floor((n * w) / WIDTH) * h, w, h })));
    y += Math.ceil((row.panels.length * w) / WIDTH) * h;
  }
  const list = [
    { name: "datasource", type: "datasource", query: "prometheus", current: {} },
    { name: "instance", label: "Agent", type: "query", datasource: { type: "prometheus", uid: "${datasource}" }, query: { query: "label_values(portcullis_agent_info, instance)", refId: "instance" }, multi: true, includeAll: true, allValue: ".*", refresh: 2, current: { text: "All", value: "$__all" } },
  ];
  return `${JSON.stringify({ uid: "portcullis", title: "Portcullis", tags: ["portcullis"], schemaVersion: 39, editable: true, refresh: "30s", time: { from: "now-1h", to: "now" }, templating: { list }, panels }, null, 1)}\n`;
}

function drawn({ title, kind, unit, queries: all }: Panel, id: number, gridPos: object): object {
  const datasource = { type: "prometheus", uid: "${datasource}" };
  const targets = all.map(({ expr, legend }, n) => ({ refId: String.fromCharCode(65 + n), datasource, expr, legendFormat: legend === "" ? "__auto" : legend, ...(kind !== "timeseries" && { instant: true }), ...(kind === "table" && { format: "table" }) }));
  return { id, type: kind, title, datasource, gridPos, fieldConfig: { defaults: { unit }, overrides: [] }, targets };
}
