// SPDX-License-Identifier: Apache-2.0
// Metrics of an agent without a cluster: nowhere unless asked for, and then what docs/metrics.md says.
import assert from "node:assert/strict";
import { AGENT_METRICS } from "../../metrics/agent";
import { PROCESS_METRICS } from "../../metrics/process";
import { checkServed, parseText, type Series } from "../../metrics/testing";
import type { Policy, Spec } from "../../scripts/lab/firewall";
import { until } from "../../scripts/lab/lab";
import { OUTSIDE, config, configureHosts, curl, openSite, reaches, type Site } from "./site";

const POLICIES: Policy[] = [{ name: "ping", from: ["inside"], to: ["outside"], applications: ["ping"], action: "Permit" }, { name: "rest", from: ["inside"], to: ["outside"], action: "Deny" }];
const NAT: NonNullable<Spec["nat"]> = {
  pools: [{ name: "public", addresses: ["10.2.0.64/30"], ports: "2000-2999" }, { name: "twin", addresses: ["10.2.0.64/30"], ports: "3000-3999" }],
  source: [{ name: "out", from: ["inside"], to: ["outside"], pool: { name: "public" } }],
};

describe("metrics of an agent", function () {
  this.timeout(180_000);
  let site: Site;

  before(async () => {
    site = await openSite();
    await site.firewall.namespace.must(["ip", "link", "set", "lo", "up"]);
  });
  after(() => site.lab.close());

  const text = (): Promise<string> => site.firewall.namespace.must(curl("http://127.0.0.1:9464/metrics"));
  const value = (series: readonly Series[], name: string, labels: Record<string, string> = {}): number =>
    series.filter((one) => one.name === name && Object.entries(labels).every(([label, text_]) => one.labels[label] === text_)).reduce((sum, one) => sum + one.value, 0);

  it("listens nowhere unless it is asked to", async () => {
    await site.firewall.start(config(site.lab, POLICIES, { nat: NAT }));
    assert.equal((await site.firewall.namespace.must(["ss", "-Hltn"])).trim(), "");
    assert.equal(await site.firewall.stop(), 0);
  });

  it("serves every documented metric, with numbers that follow the packets", async () => {
    site.firewall.env = { PORTCULLIS_METRICS_LISTEN: "127.0.0.1:9464", PORTCULLIS_METRICS_POLICIES: "1" };
    await site.firewall.start(config(site.lab, POLICIES, { nat: NAT }));
    await configureHosts(site);
    await until("a ping comes back", async () => ((await reaches(site, OUTSIDE[0])) ? true : undefined), 30_000);
    await site.inside.run(curl(`http://${OUTSIDE[0]}:81/`, 1));
    checkServed(await text(), [AGENT_METRICS, PROCESS_METRICS], ["nodejs_gc_duration_seconds", "portcullis_worker_core_sleeps_total"]);
    const series = await until("the core was busy", async () => {
      const all = parseText(await text()).series;
      return value(all, "portcullis_worker_core_busy_seconds_total") > 0 ? all : undefined;
    });
    assert.ok(value(series, "portcullis_worker_policy_sessions_total", { policy: "ping" }) >= 1);
    assert.ok(value(series, "portcullis_worker_policy_packets_total", { policy: "(others)" }) >= 1);
    assert.equal(value(series, "portcullis_worker_nat_pool_endpoints", { pool: "public" }), 4000);
    assert.equal(value(series, "portcullis_worker_nat_pool_sessions", { pool: "public" }), 1, "the ping's session");
    assert.equal(value(series, "portcullis_worker_nat_pool_sessions", { pool: "twin" }), 0, "the same addresses, other ports");
    assert.ok(value(series, "portcullis_worker_dropped_packets_total", { reason: "policy-deny" }) >= 1);
    assert.equal(value(series, "portcullis_agent_ready"), 1);
    assert.equal(value(series, "portcullis_worker_starts_total"), 1);
  });

  it("has no series of a worker while there is none, and the old counts when it is back", async () => {
    const before = parseText(await text()).series;
    const { pid } = (await site.firewall.status()).worker;
    await site.firewall.killWorker();
    assert.notEqual((await site.firewall.status()).worker.pid, pid);
    const after = parseText(await text()).series;
    assert.ok(value(after, "portcullis_worker_forwarded_packets_total") >= value(before, "portcullis_worker_forwarded_packets_total"));
    assert.equal(value(after, "portcullis_worker_starts_total"), 2);
  });

  it("refuses more policies than there may be series, and an address that is none", async () => {
    for (const [name, text_, sentence] of [["--metrics-policies", "1001", /--metrics-policies must be a number from 0 to 1000/], ["--metrics-listen", "9464", /--metrics-listen: "9464" is not HOST:PORT/]] as const) {
      const { code, stderr } = await site.firewall.ask("run", "--config", site.firewall.file, name, text_);
      assert.equal(code, 2);
      assert.match(stderr, sentence);
    }
  });
});
