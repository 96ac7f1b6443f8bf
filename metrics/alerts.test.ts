// SPDX-License-Identifier: Apache-2.0
// promtool reads the alerts, and runs each of them on series that must make it fire and on series that must not.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { AGENT_METRICS } from "./agent";
import { ALERTS } from "./alerts";
import { alertsText, runbookOf } from "./alerts-file";
import { OPERATOR_METRICS } from "./operator";

const ROOT = join(__dirname, "..");
const FILE = join(ROOT, "charts/portcullis/files/alerts.yaml");

/** Series by minute, in promtool's notation: "0+1x60" is a counter that grows by one a minute. */
type SeriesText = Record<string, string>;
interface Case {
  readonly fires: SeriesText;
  /** Labels of the alert beside its severity. */
  readonly labels?: Record<string, string>;
  readonly quiet: SeriesText;
}

const agent = 'instance="10.0.0.1:9464"';
const at = { instance: "10.0.0.1:9464" };
const steady = (value: number): string => `${value}+0x60`;

const CASES: Record<string, Case> = {
  NoLeader: { fires: { 'portcullis_operator_leader{instance="a"}': steady(0), 'portcullis_operator_leader{instance="b"}': steady(0) }, quiet: { 'portcullis_operator_leader{instance="a"}': steady(0), 'portcullis_operator_leader{instance="b"}': steady(1) } },
  ReconcileErrors: { fires: { 'portcullis_operator_reconcile_errors_total{kind="node"}': "0+4x60" }, labels: { kind: "node" }, quiet: { 'portcullis_operator_reconcile_errors_total{kind="node"}': "0+1x60" } },
  QueueStuck: { fires: { 'portcullis_operator_queue_depth{instance="a"}': steady(3) }, labels: { instance: "a" }, quiet: { 'portcullis_operator_queue_depth{instance="a"}': "9 9 0 9 0 9 9 0 9 9 0 9 0 9 9 0 9 9 0 9 0 9 9 0 9 9 0 9 0 9 9 0" } },
  ApiErrors: { fires: { 'portcullis_operator_api_requests_total{instance="a",code="503"}': "0+2x60", 'portcullis_operator_api_requests_total{instance="a",code="200"}': "0+10x60" }, labels: { instance: "a" }, quiet: { 'portcullis_operator_api_requests_total{instance="a",code="409"}': "0+9x60", 'portcullis_operator_api_requests_total{instance="a",code="none"}': "0+1x60", 'portcullis_operator_api_requests_total{instance="a",code="200"}': "0+10x60" } },
  WatchLosesEvents: { fires: { 'portcullis_operator_watch_missed_events_total{instance="a",resource="nodes"}': "0x29 2+0x30" }, labels: { instance: "a", resource: "nodes" }, quiet: { 'portcullis_operator_watch_missed_events_total{instance="a",resource="nodes"}': steady(2) } },
  ConfigInvalid: { fires: { 'portcullis_operator_firewallconfigs{condition="Compiled",status="False"}': steady(1) }, quiet: { 'portcullis_operator_firewallconfigs{condition="Compiled",status="False"}': steady(0), 'portcullis_operator_firewallconfigs{condition="Compiled",status="True"}': steady(4) } },
  ConfigConflict: { fires: { 'portcullis_operator_firewallconfigs{condition="Conflict",status="True"}': steady(1) }, quiet: { 'portcullis_operator_firewallconfigs{condition="Conflict",status="False"}': steady(4) } },
  NodesNotReady: { fires: { 'portcullis_operator_firewallnodes{ready="False"}': steady(2) }, quiet: { 'portcullis_operator_firewallnodes{ready="False"}': "0 2 2 0 0 1 1 0x50", 'portcullis_operator_firewallnodes{ready="True"}': steady(9) } },
  NodesUnknown: { fires: { 'portcullis_operator_firewallnodes{ready="Unknown"}': steady(1) }, quiet: { 'portcullis_operator_firewallnodes{ready="Unknown"}': steady(0) } },
  CertificateExpires: { fires: { portcullis_operator_certificate_expiry_timestamp_seconds: steady(6 * 86400) }, quiet: { portcullis_operator_certificate_expiry_timestamp_seconds: steady(11 * 86400) } },
  AgentsRefused: { fires: { 'portcullis_operator_streams_refused_total{reason="OtherNode"}': "0+1x60" }, labels: { reason: "OtherNode" }, quiet: { 'portcullis_operator_streams_refused_total{reason="NotLeader"}': "0+9x60", 'portcullis_operator_streams_refused_total{reason="OtherNode"}': steady(4) } },
  AgentDisconnected: { fires: { [`portcullis_agent_stream_connected{${agent}}`]: steady(0) }, labels: at, quiet: { [`portcullis_agent_stream_connected{${agent}}`]: "1 0 0 0 0 1 0 0 0 1 1x50" } },
  WorkerDown: {
    fires: { [`portcullis_agent_worker_up{${agent}}`]: steady(0), [`portcullis_agent_program_info{${agent},config="edge",hash="0"}`]: steady(1) }, labels: at,
    quiet: { [`portcullis_agent_worker_up{${agent}}`]: steady(0), [`portcullis_agent_program_info{instance="other",config="edge",hash="0"}`]: steady(1) },
  },
  NotReady: { fires: { [`portcullis_agent_problem{${agent},reason="Quarantined"}`]: steady(1) }, labels: { ...at, reason: "Quarantined" }, quiet: { [`portcullis_agent_problem{${agent},reason="Quarantined"}`]: steady(0) } },
  WorkerRestarts: { fires: { [`portcullis_worker_starts_total{${agent}}`]: "1x20 2 3 4 5+0x40" }, labels: at, quiet: { [`portcullis_worker_starts_total{${agent}}`]: "1x20 2+0x40" } },
  CoreStalled: { fires: { [`portcullis_worker_core_heartbeat_age_seconds{${agent},core="2"}`]: steady(9) }, labels: { ...at, core: "2" }, quiet: { [`portcullis_worker_core_heartbeat_age_seconds{${agent},core="2"}`]: steady(0.7) } },
  CoreBusy: { fires: { [`portcullis_worker_core_busy_seconds_total{${agent},core="2"}`]: "0+59x60" }, labels: { ...at, core: "2" }, quiet: { [`portcullis_worker_core_busy_seconds_total{${agent},core="2"}`]: "0+40x60" } },
  PacketsMissed: { fires: { [`portcullis_worker_port_missed_packets_total{${agent},port="wan"}`]: "0+900x60" }, labels: { ...at, port: "wan" }, quiet: { [`portcullis_worker_port_missed_packets_total{${agent},port="wan"}`]: "0+60x60" } },
  TableNearlyFull: {
    fires: { [`portcullis_worker_table_entries{${agent},table="sessions4"}`]: steady(95), [`portcullis_worker_table_capacity{${agent},table="sessions4"}`]: steady(100) }, labels: { ...at, table: "sessions4" },
    quiet: { [`portcullis_worker_table_entries{${agent},table="sessions4"}`]: steady(80), [`portcullis_worker_table_capacity{${agent},table="sessions4"}`]: steady(100), [`portcullis_worker_table_entries{${agent},table="bindings"}`]: steady(0), [`portcullis_worker_table_capacity{${agent},table="bindings"}`]: steady(0) },
  },
  TableRefuses: { fires: { [`portcullis_worker_table_refused_total{${agent},table="sessions6"}`]: "5+1x60" }, labels: { ...at, table: "sessions6" }, quiet: { [`portcullis_worker_table_refused_total{${agent},table="sessions6"}`]: steady(5), [`portcullis_worker_table_refused_total{${agent},table="errors"}`]: "0+9x60" } },
  PortDown: { fires: { [`portcullis_worker_port_up{${agent},port="wan"}`]: steady(0) }, labels: { ...at, port: "wan" }, quiet: { [`portcullis_worker_port_up{${agent},port="wan"}`]: steady(1) } },
  NatExhausted: { fires: { [`portcullis_worker_dropped_packets_total{${agent},reason="nat-exhausted"}`]: "0+1x60" }, labels: { ...at, reason: "nat-exhausted" }, quiet: { [`portcullis_worker_dropped_packets_total{${agent},reason="policy-deny"}`]: "0+9x60" } },
  ProgramRefused: { fires: { [`portcullis_worker_programs_refused_total{${agent}}`]: "0x25 1+0x30" }, labels: at, quiet: { [`portcullis_worker_programs_refused_total{${agent}}`]: steady(1) } },
  RxModeFellBack: { fires: { [`portcullis_worker_port_rx_mode_info{${agent},port="wan",requested="adaptive",effective="polling",wake="silent"}`]: steady(1) }, labels: { ...at, port: "wan", requested: "adaptive", effective: "polling", wake: "silent" }, quiet: { [`portcullis_worker_port_rx_mode_info{${agent},port="wan",requested="polling",effective="polling",wake="refused"}`]: steady(1) } },
  StateReplaced: { fires: { [`portcullis_worker_state_replaced{${agent}}`]: steady(1) }, labels: at, quiet: { [`portcullis_worker_state_replaced{${agent}}`]: steady(0) } },
};

/** promtool's test of one alert after half an hour. */
const test = (name: string, series: SeriesText, expected: readonly object[]): object => ({
  interval: "1m", input_series: Object.entries(series).map(([text, values]) => ({ series: text, values })),
  alert_rule_test: [{ eval_time: "31m", alertname: name, exp_alerts: expected }],
});

/** Text of an annotation with its placeholders filled, as Prometheus does it. */
const filled = (text: string, labels: Record<string, string>, value: string): string =>
  text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "").replaceAll("{{ $value }}", value);

describe("alerts", function () {
  this.timeout(60_000);
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "portcullis-alerts-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("are the ones of the chart, and promtool reads them", () => {
    assert.equal(readFileSync(FILE, "utf8"), alertsText(), "stale: run npm run generate");
    assert.match(execFileSync("promtool", ["check", "rules", FILE], { encoding: "utf8" }), new RegExp(`SUCCESS: ${ALERTS.length} rules found`));
  });

  it("ask only for metrics that are served, and name a cure", () => {
    const known = new Set(Object.entries({ ...OPERATOR_METRICS, ...AGENT_METRICS }).flatMap(([name, { type }]) => (type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])));
    for (const { name, expr, cure } of ALERTS) {
      for (const [metric] of expr.matchAll(/portcullis_\w+/g)) assert.ok(known.has(metric), `${name}: ${metric}`);
      assert.ok(cure.length > 60, name);
    }
    assert.deepEqual(ALERTS.map(({ name }) => name.replace("Portcullis", "")), Object.keys(CASES));
  });

  it("name a section of docs/metrics.md, where a browser finds it", () => {
    const anchors = new Set(readFileSync(join(ROOT, "docs/metrics.md"), "utf8").split("\n").filter((line) => line.startsWith("#")).map((line) => line.replace(/^#+ /, "").toLowerCase().replace(/[^a-z0-9 -]/g, "").replaceAll(" ", "-")));
    for (const { name } of ALERTS) {
      const { protocol, pathname, hash } = new URL(runbookOf(name));
      assert.equal(protocol, "https:");
      assert.match(pathname, /\/docs\/metrics\.md$/);
      assert.ok(anchors.has(hash.slice(1)), hash);
    }
  });

  for (const { name, severity, summary, cure } of ALERTS) {
    const found = CASES[name.replace("Portcullis", "")];
    it(`${name} fires, and is quiet`, () => {
      assert.ok(found !== undefined, "no case");
      const { fires, quiet, labels = {} } = found;
      const [value = ""] = /\{\{ \$value \}\}/.test(summary) ? [String(parseInt(Object.values(fires)[0] ?? "", 10))] : [];
      const said = filled(summary, labels, value);
      const firing = { exp_labels: { ...labels, severity }, exp_annotations: { summary: said, description: `${said} ${cure}`, runbook_url: runbookOf(name) } };
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, stringify({ rule_files: [FILE], evaluation_interval: "1m", tests: [test(name, fires, [firing]), test(name, quiet, [])] }));
      try {
        execFileSync("promtool", ["test", "rules", file], { encoding: "utf8", stdio: "pipe" });
      } catch (error) {
        assert.fail(`${(error as { stdout?: string }).stdout}${(error as { stderr?: string }).stderr}`);
      }
    });
  }
});
