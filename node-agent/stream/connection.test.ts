// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials, status, type ServerDuplexStream } from "@grpc/grpc-js";
import { NodeStreamService, type AgentMessage, type Desired, type OperatorMessage, type Report } from "../../program/stream.gen";
import { Connection, type Endpoint } from "./connection";

type Call = ServerDuplexStream<AgentMessage, OperatorMessage>;

const NOTHING = { desired: () => undefined, program: () => undefined, query: () => undefined, queryEnd: () => undefined };

describe("a connection to the operator", () => {
  let folder = "";
  let server: Server;
  let port = 0;
  let serve: (call: Call) => void = () => undefined;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "portcullis-stream-"));
    const made = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=operator",
      "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", join(folder, "key"), "-out", join(folder, "crt")], { encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    writeFileSync(join(folder, "token"), "first\n");
    server = new Server();
    server.addService(NodeStreamService, { connect: (call: Call) => { serve(call); } });
    const pair = { private_key: readFileSync(join(folder, "key")), cert_chain: readFileSync(join(folder, "crt")) };
    port = await new Promise((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createSsl(null, [pair]), (error, bound) => { if (error === null) resolve(bound); else reject(error); });
    });
  });
  after(() => {
    server.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  const endpoint = (change: Partial<Endpoint> = {}): Endpoint =>
    ({ address: `127.0.0.1:${port}`, caFile: join(folder, "crt"), serverName: "", tokenFile: join(folder, "token"), node: "n1", ...change });

  it("shows token and node, and reads the token anew each time", async () => {
    const seen: string[] = [];
    serve = (call) => {
      seen.push(String(call.metadata.get("authorization")[0]), String(call.metadata.get("x-portcullis-node")[0]));
      call.emit("error", { code: status.UNAUTHENTICATED, details: "the token has expired" });
    };
    assert.equal(await new Connection(endpoint(), NOTHING).ended, "UNAUTHENTICATED: the token has expired");
    writeFileSync(join(folder, "token"), "second");
    await new Connection(endpoint(), NOTHING).ended;
    assert.deepEqual(seen, ["Bearer first", "n1", "Bearer second", "n1"]);
  });

  it("carries messages both ways", async () => {
    serve = (call) => {
      call.on("data", (message: AgentMessage) => {
        if (message.hello !== undefined) call.write({ desired: { hash: "h", config: message.hello.node, programVersion: 1, size: 7n } });
        else call.end();
      });
    };
    let desired: Desired | null = null;
    const connection = new Connection(endpoint(), {
      desired: (message) => {
        desired = message;
        connection.send({ programRequest: { hash: message.hash } });
      },
      program: () => undefined,
      query: () => undefined,
      queryEnd: () => undefined,
    });
    connection.send({ hello: { node: "n1", agentVersion: "1", programVersions: [1], storedHash: "", queryVersion: 0 } });
    assert.equal(await connection.ended, "the operator ended the stream");
    assert.deepEqual([desired, connection.alive], [{ hash: "h", config: "n1", programVersion: 1, size: 7n }, true]);
  });

  it("says when the peer takes no more, and when it does again", async () => {
    const calls: Call[] = [];
    serve = (call) => {
      calls.push(call);
      call.pause();
    };
    const connection = new Connection(endpoint(), NOTHING);
    const full: Report = {
      message: "x".repeat(60_000), activeHash: "", desiredHash: "", reason: "", worker: undefined, ports: [], counters: {}, drops: {}, agentVersion: "",
    };
    while (connection.writable) connection.send({ report: full });
    const drained = new Promise<void>((resolve) => { connection.onDrain(resolve); });
    while (calls.length === 0) await new Promise((next) => setImmediate(next));
    calls[0]?.on("data", () => undefined);
    calls[0]?.resume();
    await drained;
    assert.equal(connection.writable, true);
    connection.close();
    assert.match(await connection.ended, /^CANCELLED/);
  });

  it("ends when the operator gives orders without end", async () => {
    serve = (call) => {
      for (let i = 0; i < 200; i++) call.write({ desired: { hash: "", config: "", programVersion: 1, size: 0n } });
    };
    let orders = 0;
    const connection = new Connection(endpoint(), { ...NOTHING, desired: () => { orders++; } });
    assert.equal(await connection.ended, "the operator gave more than 100 orders in 10 seconds");
    assert.equal(orders, 100);
  });

  it("is refused to a server that the CA does not know", async () => {
    const other = join(folder, "other.crt");
    spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=other", "-keyout", join(folder, "other.key"), "-out", other]);
    assert.match(await new Connection(endpoint({ caFile: other }), NOTHING).ended, /^UNAVAILABLE/);
  });

  it("checks the name in the certificate", async () => {
    assert.match(await new Connection(endpoint({ serverName: "elsewhere.example" }), NOTHING).ended, /^UNAVAILABLE/);
  });

  it("names the file when the token or the CA cannot be read, and never the token", () => {
    assert.throws(() => new Connection(endpoint({ tokenFile: join(folder, "absent") }), NOTHING), /the token file .*absent cannot be read/);
    writeFileSync(join(folder, "empty"), "\n");
    assert.throws(() => new Connection(endpoint({ tokenFile: join(folder, "empty") }), NOTHING), /is empty/);
    writeFileSync(join(folder, "bad"), "se\u0001cret");
    assert.throws(() => new Connection(endpoint({ tokenFile: join(folder, "bad") }), NOTHING), (error: Error) => !error.message.includes("cret"));
  });

  it("ends when nobody listens", async () => {
    assert.match(await new Connection(endpoint({ address: "127.0.0.1:1" }), NOTHING).ended, /^UNAVAILABLE/);
  });
});
