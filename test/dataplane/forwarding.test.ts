// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import type { Policy } from "../../scripts/lab/firewall";
import { until } from "../../scripts/lab/lab";
import { FAMILIES, INSIDE, OUTSIDE, count, curl, grows, listening, startSite, unaccounted, url, type Site } from "./site";

const policies: Policy[] = [
  { name: "reject-tcp", from: ["inside"], to: ["outside"], applications: ["refused", "refused-datagrams"], action: "Reject" },
  { name: "out", from: ["inside"], to: ["outside"], applications: ["web", "stream", "datagrams", "ping", "ping6"], action: "Permit" },
];

describe("forwarding between two hosts", function () {
  let site: Site;
  before(async () => {
    site = await startSite(policies);
  });
  after(() => site.lab.close());

  for (const family of FAMILIES) {
    describe(family === 0 ? "IPv4" : "IPv6", () => {
      it("passes the very first packet of a cold neighbor", async () => {
        // One echo request, no retransmission: it must wait in the firewall while the neighbor is looked up.
        const { stdout, code } = await site.inside.run(["ping", "-c", "1", "-W", "10", OUTSIDE[family]]);
        assert.equal(code, 0, stdout);
      });

      it("passes HTTP from inside to outside, and no connection from outside to inside", async () => {
        await listening(site.outside.peer("http", OUTSIDE[family], "80", "from outside"));
        await listening(site.inside.peer("http", INSIDE[family], "80", "from inside"));
        assert.equal((await site.inside.must(curl(url(OUTSIDE[family])))).trim(), "from outside");
        const before = (await site.firewall.drops())["default-deny"] ?? 0;
        const { code } = await site.outside.run(curl(url(INSIDE[family]), 2));
        assert.equal(code, 28, "curl should hear nothing");
        assert.ok(((await site.firewall.drops())["default-deny"] ?? 0) > before, "the drops should be counted as default-deny");
      });

      it("passes UDP and its replies", async () => {
        await listening(site.outside.peer("udp-echo", OUTSIDE[family], "7001"));
        const talk = site.inside.peer("udp-talk", OUTSIDE[family], "7001", "20");
        await talk.line(/^echo 1$/);
        await grows(talk, /^echo/, 20);
      });

      it("carries a long TCP stream without a wrong byte", async () => {
        const sink = await listening(site.outside.peer("receive", OUTSIDE[family], "7002"));
        const source = site.inside.peer("send", OUTSIDE[family], "7002");
        await sink.line(/^mebibytes 64$/, 120_000);
        source.write("stop\n");
        const [, sent] = await source.line(/^sent ([0-9]+)/);
        const [, received] = await sink.line(/^received ([0-9]+)/);
        assert.equal(received, sent);
      });

      it("rejects TCP with a reset that the client sees", async () => {
        await listening(site.outside.peer("echo", OUTSIDE[family], "7100"));
        await site.inside.peer("connect", OUTSIDE[family], "7100").line(/^error ECONNREFUSED/);
      });

      it("rejects UDP with an ICMP error that the client sees", async () => {
        const talk = site.inside.peer("udp-talk", OUTSIDE[family], "7100", "200", "5");
        await talk.line(/^error (ECONNREFUSED|EHOSTUNREACH|EACCES)/);
      });

      it("answers with time exceeded when the hop limit runs out", async () => {
        const { stdout } = await site.inside.run(["ping", "-n", "-c", "1", "-t", "1", "-W", "10", OUTSIDE[family]]);
        assert.match(stdout, /Time (to live )?exceeded/i);
      });
    });
  }

  it("carries iperf3, both directions, without a lost connection", async () => {
    site.outside.start(["iperf3", "--server", "--bind", OUTSIDE[0], "--port", "7050", "--one-off", "--forceflush"]);
    await until("iperf3 listens", async () => (await site.outside.run(["sh", "-c", "ss -ltn | grep -q :7050"])).code === 0);
    const report = JSON.parse(await site.inside.must(["iperf3", "--client", OUTSIDE[0], "--port", "7050", "--bytes", "32M", "--json"], { timeoutMs: 120_000 }));
    assert.ok((report as { end: { sum_received: { bytes: number } } }).end.sum_received.bytes > 16 * 1024 * 1024);
  });

  it("shows sessions with their policy, ports and interfaces", async () => {
    await listening(site.outside.peer("echo", OUTSIDE[0], "7003"));
    const talk = site.inside.peer("talk", OUTSIDE[0], "7003", "100");
    await talk.line(/^echo 2$/);
    const session = (await site.firewall.sessions()).find((one) => one.destinationPort === 7003);
    assert.ok(session, "there should be a session");
    assert.equal(session.policy, "out");
    assert.equal(session.source, INSIDE[0]);
    assert.equal(session.destination, OUTSIDE[0]);
    await talk.stop();
  });

  it("accounts for every packet once, when traffic rests", async () => {
    const sums = await until("the sums match", async () => {
      const [counters, drops] = [await site.firewall.counters(), await site.firewall.drops()];
      return unaccounted(counters, drops) === 0 ? counters : undefined;
    });
    assert.ok((sums["forwarded"] ?? 0) > 1000);
    assert.ok(count(site.firewall.child, /error|fatal/i) === 0, site.firewall.child.tail(40));
  });
});
