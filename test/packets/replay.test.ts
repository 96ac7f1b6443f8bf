// SPDX-License-Identifier: Apache-2.0
// portcullis-replay with capture files.
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { macOf, macText } from "./support/address";
import { replayBinary } from "./support/engine";
import { configure, INTERFACES } from "./support/network";
import { buildFrame, parsePacket } from "./support/packet";
import { type Captured, readPcap, writePcap, writePcapng } from "./support/pcap";

const START = 1_700_000_000n * 1_000_000_000n;

function frame(name: string, text: string, seconds: number): Captured {
  const iface = INTERFACES[name];
  const packet = parsePacket(text);
  const bytes = buildFrame(packet, {
    destination: iface?.mac ?? new Uint8Array(6),
    source: packet.source === "" ? macOf("203.0.113.77") : macOf(packet.source),
    tci: iface === undefined || iface.vlan === 0 ? undefined : iface.vlan,
  });
  return { time: START + BigInt(Math.round(seconds * 1e6)) * 1000n, bytes };
}

const LAN = [
  frame("lan", "tcp 10.0.1.5:1000 > 203.0.113.9:80 S seq=1", 0),
  frame("lan", "tcp 10.0.1.5:1000 > 203.0.113.9:80 A seq=2 ack=10", 0.2),
  frame("lan", "tcp 10.0.1.5:1001 > 10.0.20.5:99 S seq=1", 0.3),
  frame("lan", "udp 10.0.1.5:5 > 203.0.113.77:5", 0.4),
  frame("lan", "udp 10.0.1.5:5 > 203.0.113.78:5", 0.5),
  frame("lan", "icmp 10.0.1.5 > 10.0.1.1 echo id=9", 0.6),
];
const WAN = [
  frame("wan", "tcp 203.0.113.9:80 > 10.0.1.5:1000 SA seq=9 ack=2", 0.1),
  frame("wan", "arp 203.0.113.77 is-at 02:be:cb:00:71:4d", 1.5),
  frame("wan", "udp 203.0.113.9:9 > 10.0.1.5:9", 2),
];
const CONFIG = `
policies:
- {name: no-dmz, from: [trust], to: [dmz], action: Deny}
- {name: out, from: [trust], action: Permit}
`;

describe("portcullis-replay", () => {
  let dir: string;
  const path = (name: string): string => join(dir, name);
  const replay = (...more: string[]): { status: number | null; stderr: string } =>
    spawnSync(replayBinary(), ["--program", path("program"), "--out", path("out"), ...more], { encoding: "utf8" });
  const verdicts = (): Record<string, unknown>[] =>
    readFileSync(path("out/verdicts.jsonl"), "utf8").trim().split("\n").filter((l) => l !== "").map((l) => JSON.parse(l));
  const refused = (result: { status: number | null; stderr: string }, message: RegExp): void => {
    assert.match(result.stderr, message);
    assert.equal(result.stderr.trim().split("\n").length, 1, result.stderr);
    assert.equal(result.status, 1);
    assert.equal(existsSync(path("out")), false, "nothing is written");
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "portcullis-replay-"));
    writeFileSync(path("program"), configure(CONFIG));
    writeFileSync(path("lan.pcap"), writePcap(LAN));
    writeFileSync(path("wan.pcap"), writePcap(WAN));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("merges captures by timestamp and says how every packet ended, in input order", () => {
    const result = replay("--in", `port-lan=${path("lan.pcap")}`, "--in", `port-wan=${path("wan.pcap")}`);
    assert.equal(result.status, 0, result.stderr);
    assert.deepEqual(
      verdicts().map((v) => [v["port"], v["index"], v["verdict"], v["reason"], v["policy"], v["fromZone"], v["toZone"], v["session"]]),
      [
        ["port-lan", 0, "forwarded", null, "out", "trust", "untrust", 1],
        ["port-wan", 0, "forwarded", null, "out", "untrust", "trust", 1],
        ["port-lan", 1, "forwarded", null, "out", "trust", "untrust", 1],
        ["port-lan", 2, "dropped", "policy-deny", "no-dmz", "trust", "dmz", null],
        ["port-lan", 3, "forwarded", null, "out", "trust", "untrust", 3],
        ["port-lan", 4, "dropped", "neighbor-unresolved", "out", "trust", "untrust", 5],
        ["port-lan", 5, "punted", null, null, "trust", null, 7],
        ["port-wan", 1, "punted", null, null, "untrust", null, null],
        ["port-wan", 2, "dropped", "default-deny", null, "untrust", "trust", null],
      ],
    );
    assert.equal(verdicts()[0]?.["timestamp"], 1_700_000_000);
    assert.equal(verdicts()[3]?.["timestamp"], 1_700_000_000.3);
    assert.deepEqual([verdicts()[0]?.["inInterface"], verdicts()[0]?.["outInterface"]], ["lan", "wan"]);
  });

  it("writes one capture per port, on the captures' clock", () => {
    replay("--in", `port-lan=${path("lan.pcap")}`, "--in", `port-wan=${path("wan.pcap")}`);
    const wan = readPcap(readFileSync(path("out/port-wan.pcap")));
    assert.equal(wan.length, 3);
    assert.equal(wan[0]?.time, START);
    assert.ok((wan[2]?.time ?? 0n) >= START + 1_500_000_000n, "the held packet leaves when its neighbor is known");
    assert.equal(macText((wan[2]?.bytes ?? new Uint8Array()).slice(0, 6)), "02:be:cb:00:71:4d");
    assert.equal(readPcap(readFileSync(path("out/port-lan.pcap"))).length, 2, "an answer, and an error about the one that waited in vain");
    assert.equal(readPcap(readFileSync(path("out/trunk.pcap"))).length, 0);
    assert.equal(readPcap(readFileSync(path("out/host-lan.pcap"))).length, 1);
    assert.equal(existsSync(path("out/host-dmz.pcap")), false);
  });

  it("gives the same bytes every time", () => {
    const run = (): Buffer[] => {
      replay("--in", `port-wan=${path("wan.pcap")}`, "--in", `port-lan=${path("lan.pcap")}`);
      return ["verdicts.jsonl", "port-wan.pcap", "port-lan.pcap"].map((f) => readFileSync(path(`out/${f}`)));
    };
    assert.deepEqual(run(), run());
  });

  it("reads big-endian, nanosecond and pcapng captures alike", () => {
    const expected = (): string => verdicts().map((v) => `${v["verdict"]} ${v["reason"]}`).join();
    replay("--in", `port-lan=${path("lan.pcap")}`);
    const classic = expected();
    for (const file of [writePcap(LAN, { bigEndian: true }), writePcap(LAN, { nanoseconds: true }), writePcapng(LAN)]) {
      writeFileSync(path("other"), file);
      const result = replay("--in", `port-lan=${path("other")}`);
      assert.equal(result.status, 0, result.stderr);
      assert.equal(expected(), classic);
    }
  });

  it("keeps nanoseconds where the input has them", () => {
    writeFileSync(path("ns.pcap"), writePcap([{ ...(LAN[0] as Captured), time: START + 123n }], { nanoseconds: true }));
    replay("--in", `port-lan=${path("ns.pcap")}`);
    assert.equal(readPcap(readFileSync(path("out/port-wan.pcap")))[0]?.time, START + 123n);
  });

  it("lets sessions time out on the captures' clock", () => {
    const answers = [0.5, 58, 121].map((t) => frame("wan", "udp 203.0.113.9:5 > 10.0.1.5:5", t));
    writeFileSync(path("lan.pcap"), writePcap([frame("lan", "udp 10.0.1.5:5 > 203.0.113.9:5", 0)]));
    writeFileSync(path("wan.pcap"), writePcap(answers));
    replay("--in", `port-lan=${path("lan.pcap")}`, "--in", `port-wan=${path("wan.pcap")}`);
    assert.deepEqual(verdicts().map((v) => v["reason"]), [null, null, null, "default-deny"]);
  });

  it("takes what a snapshot length cut off as zeros", () => {
    const whole = frame("lan", "udp 10.0.1.5:5 > 203.0.113.9:5 len=900", 0);
    writeFileSync(path("lan.pcap"), writePcap([{ ...whole, bytes: whole.bytes.slice(0, 96), wireLength: whole.bytes.length }]));
    replay("--in", `port-lan=${path("lan.pcap")}`);
    assert.deepEqual(verdicts().map((v) => v["verdict"]), ["forwarded"]);
    assert.equal(readPcap(readFileSync(path("out/port-wan.pcap")))[0]?.bytes.length, whole.bytes.length);
  });

  it("uses the MAC addresses that it is told, and checks them when asked", () => {
    const result = replay("--in", `port-lan=${path("lan.pcap")}`, "--strict-mac", "--mac", "port-lan=02:12:34:56:78:9a");
    assert.equal(result.status, 0, result.stderr);
    assert.ok(verdicts().every((v) => v["reason"] === "not-for-us"));
    replay("--in", `port-lan=${path("lan.pcap")}`, "--mac", "port-wan=02:12:34:56:78:9a");
    const first = readPcap(readFileSync(path("out/port-wan.pcap")))[0]?.bytes ?? new Uint8Array();
    assert.equal(macText(first.slice(6, 12)), "02:12:34:56:78:9a");
  });

  it("works without any capture", () => {
    assert.equal(replay().status, 0);
    assert.deepEqual(verdicts(), []);
  });

  it("refuses what it cannot use, with one sentence", () => {
    const lan = readFileSync(path("lan.pcap"));
    const give = (bytes: Buffer): void => writeFileSync(path("bad"), bytes);
    refused(replay("--in", `lan=${path("lan.pcap")}`), /no port lan; the configuration has port-lan, port-wan, trunk/);
    refused(replay("--in", `port-lan=${path("missing.pcap")}`), /cannot read .*missing.pcap: No such file/);
    give(lan.subarray(0, lan.length - 5));
    refused(replay("--in", `port-lan=${path("bad")}`), /bad is damaged after packet 5: truncated/);
    give(lan.subarray(0, 10));
    refused(replay("--in", `port-lan=${path("bad")}`), /bad is not a pcap or pcapng capture/);
    give(Buffer.alloc(0));
    refused(replay("--in", `port-lan=${path("bad")}`), /bad is not a pcap or pcapng capture/);
    give(Buffer.from("<html>this is no capture at all</html>"));
    refused(replay("--in", `port-lan=${path("bad")}`), /bad is not a pcap or pcapng capture/);
    give(writePcap(LAN, { linkType: 113 }));
    refused(replay("--in", `port-lan=${path("bad")}`), /link type LINUX_SLL, not Ethernet/);
    refused(replay("--mac", "nowhere=02:00:00:00:00:01"), /no port nowhere/);
    writeFileSync(path("program"), "not a program");
    refused(replay("--in", `port-lan=${path("lan.pcap")}`), /program .* is refused/);
  });
});
