// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { compile } from "../../operator/compile/compile";
import { groutCommands, parseSent } from "./grout/grout";
import { policyRules } from "./netfilter";
import { alternate, type Subject } from "./subject";
import { testpmdCommand } from "./testpmd";
import { workerConfig } from "./worker";

describe("peers of the benchmark", () => {
  it("all play the same capture on the same core", () => {
    const options = { capture: "/tmp/a.pcap", mode: "csum", nat: true, controlCpu: 0, dataCpu: 1 } as const;
    assert.ok(testpmdCommand(options).join(" ").includes("0@0,1@1"));
    assert.ok(testpmdCommand(options).includes("net_pcap0,rx_pcap=/tmp/a.pcap,infinite_rx=1"));
    assert.ok(groutCommands(options).includes("interface add port p0 devargs net_pcap0,rx_pcap=/captures/a.pcap,infinite_rx=1 up"));
    assert.ok(groutCommands(options).some((command) => command.startsWith("snat44 add")));
    assert.ok(!groutCommands({ ...options, nat: false }).some((command) => command.startsWith("snat44 add")));
  });

  it("the worker's configuration is valid, with and without NAT", () => {
    for (const nat of [false, true]) {
      const { program, issues } = compile(workerConfig({ rules: 10, nat, capture: "/tmp/a.pcap", cores: "1" }));
      assert.deepEqual(issues, []);
      assert.deepEqual(program?.ports.map((port) => port.device), ["net_pcap0,rx_pcap=/tmp/a.pcap,infinite_rx=1", "net_null0,no-rx=1"]);
    }
  });

  it("the kernel has a rule for each policy, in order", () => {
    const lines = policyRules(1_000).split("\n").filter((line) => line.includes("iifname"));
    assert.equal(lines.length, 1_000 + 2); // two policies name two applications
    assert.equal(lines[2]?.trim(), 'iifname "lan" oifname "wan" ip saddr { 10.2.0.0/16 } ip daddr { 172.16.1.0/25 } tcp dport { 2002 } accept');
    assert.match(lines.at(-5) ?? "", /100\.66\.0\.0\/16 \} accept$/);
  });

  it("reads what grout sent", () => {
    assert.equal(parseSent('[{"interface":"p0","tx_packets":1},{"interface":"p1","tx_packets":7}]'), 7);
    assert.throws(() => parseSent("[]"), /does not tell/);
  });

  it("one that forwards nothing is an error, not a ratio", async () => {
    const dead: Subject = { name: "dead", pids: async () => [], sent: async () => 5 };
    await assert.rejects(alternate([dead], 1), /dead forwarded nothing/);
  });
});
