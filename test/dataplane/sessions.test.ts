// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { type Policy } from "../../scripts/lab/firewall";
import { OUTSIDE, FAMILIES, grows, listening, startSite, type Site } from "./site";

const out: Policy = { name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams"], action: "Permit" };

interface View { readonly destinationPort: number; readonly family: string; readonly policy: string; readonly ageSeconds: number }

describe("sessions on the command line", function () {
  this.timeout(120_000);
  let site: Site;
  const cli = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await site.firewall.ask(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  before(async () => {
    site = await startSite([out]);
    for (const family of FAMILIES) {
      for (const port of ["7030", "7031"]) {
        await listening(site.outside.peer("echo", OUTSIDE[family], port));
        await grows(site.inside.peer("talk", OUTSIDE[family], port, "20"), /^echo/, 2);
      }
    }
  });
  after(() => site.lab.close());

  it("are listed one object per line", async () => {
    const views = (await cli("sessions", "--json", "--policy", "out")).trim().split("\n").map((line) => JSON.parse(line) as View);
    assert.deepEqual(views.map((v) => `${v.family} ${v.destinationPort}`).sort(), ["IPv4 7030", "IPv4 7031", "IPv6 7030", "IPv6 7031"]);
  });

  it("are counted by every filter", async () => {
    const cases: [string[], string][] = [
      [["--policy", "out"], "4"], [["--policy", "out", "--family", "4"], "2"], [["--port", "7030"], "2"], [["--destination", "10.2.0.0/16"], "2"],
      [["--source", "10.2.0.0/16"], "0"], [["--address", "fd00:2::/32", "--port", "7031"], "1"], [["--from", "inside", "--to", "outside", "--protocol", "TCP"], "4"],
      [["--policy", "out", "--older-than", "1h"], "0"], [["--policy", "out", "--younger-than", "1h"], "4"], [["--port", "7030", "--nat", "yes"], "0"],
    ];
    for (const [filter, expected] of cases) assert.equal((await cli("sessions", "--count", ...filter)).trim(), expected, filter.join(" "));
  });

  it("are ended by filter, and no others", async () => {
    assert.equal(await cli("sessions", "clear", "--destination", "10.2.0.0/16", "--port", "7030"), "1 session cleared\n");
    assert.equal((await cli("sessions", "--count", "--port", "7031")).trim(), "2");
  });

  it("are not ended without a filter, nor by a wrong one", async () => {
    const none = await site.firewall.ask("sessions", "clear");
    assert.deepEqual([none.code, none.stderr.includes("--all")], [2, true]);
    for (const [option, value] of [["--zone", "nowhere"], ["--port", "0"], ["--address", "10.0.0.1/40"], ["--older-than", "soon"], ["--policy", "nobody"]] as const) {
      const { code, stderr } = await site.firewall.ask("sessions", "clear", option, value);
      assert.deepEqual([code, stderr.startsWith(`portcullis: ${option}`)], [1, true], stderr);
    }
  });

  it("have their tables in the counters", async () => {
    const { tables } = JSON.parse(await cli("counters", "-o", "json")) as { tables: { name: string; capacity: number; used: number; highWater: number }[] };
    const ipv6 = tables.find((t) => t.name === "sessions6");
    assert.ok(ipv6 !== undefined && ipv6.capacity > 0 && ipv6.used >= 2 && ipv6.highWater >= ipv6.used, JSON.stringify(tables));
    assert.match(await cli("counters"), /^sessions6 +[0-9]+ +[0-9]+ +[0-9]+ +0$/m);
  });
});
