// SPDX-License-Identifier: Apache-2.0
// A hostile agent: random bytes, messages of random fields in any order, on a session and on the real server. Nothing is
// thrown, nothing grows, a stream that may not go on ends with a status, and the process serves the next one.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, Metadata, status, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import fc from "fast-check";
import { AgentMessage, NodeStreamService, OperatorMessage } from "../../program/stream.gen";
import { FakeClock, systemClock } from "../kube/clock";
import { CertificateFiles } from "./certificate";
import { QueryError } from "./queries";
import { AgentServer } from "./server";
import { Session, type Call } from "./session";

class FakeCall extends EventEmitter {
  cancelled = false;
  bytes = 0;
  failure: { code: number } | undefined;

  constructor() {
    super();
    this.on("error", (error: { code: number }) => (this.failure ??= error));
  }

  write(message: OperatorMessage): boolean {
    this.bytes += OperatorMessage.encode(message).finish().length;
    return true;
  }

  end(): void {
    this.emit("finish");
  }
}

const text = fc.oneof(fc.string({ maxLength: 40, unit: "binary" }), fc.constantFrom("", "n1", "a".repeat(64), "Forwarding", "Up", "__proto__", "constructor", "\u0000", "x".repeat(5000)));
const u64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0n, 2n ** 53n, 2n ** 64n - 1n));
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const numbers = fc.array(fc.tuple(text, u64), { maxLength: 200 }).map((pairs) => Object.fromEntries(pairs));
const rxMode = fc.record({ requested: text, effective: text, reason: text });
const worker = fc.record({ phase: text, version: text, dpdkVersion: text, pid: u64, starts: u64, core: u32, rxMode: fc.option(rxMode, { nil: undefined }), cpus: text, exclusive: fc.boolean() });
const portRxMode = fc.record({ requested: text, effective: text, wake: text, reason: text });
const port = fc.record({ name: text, kind: text, state: text, mac: text, message: text, mtu: u32, rxMode: fc.option(portRxMode, { nil: undefined }) });
const report = fc.record({
  activeHash: text, desiredHash: text, reason: text, message: text, agentVersion: text, worker: fc.option(worker, { nil: undefined }),
  ports: fc.array(port, { maxLength: 80 }), counters: numbers, drops: numbers,
});
/** What an honest agent says, with one field of another's choice. */
const honest = { activeHash: "", desiredHash: "", reason: "", message: "", agentVersion: "1", worker: undefined, ports: [], counters: { sessions4: 1n }, drops: {} };
const nearly = fc.tuple(report, fc.constantFrom("message", "agentVersion", "activeHash", "ports", "counters", "worker")).map(([one, field]) => ({ ...honest, [field]: one[field as keyof typeof one] }));
const hello = fc.record({ node: text, agentVersion: text, programVersions: fc.array(u32, { maxLength: 40 }), storedHash: text, queryVersion: u32 });
const answer = fc.record({ id: fc.oneof(fc.constantFrom(0n, 1n, 2n), u64), status: u32, data: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)), last: fc.boolean() });
const goodHello: AgentMessage = { hello: { node: "n1", agentVersion: "1", programVersions: [1], storedHash: "", queryVersion: 1 } };
const message = fc.oneof(
  hello.map((one): Uint8Array => AgentMessage.encode({ hello: one }).finish()),
  fc.oneof(report, nearly).map((one): Uint8Array => AgentMessage.encode({ report: one }).finish()),
  text.map((hash): Uint8Array => AgentMessage.encode({ programRequest: { hash } }).finish()),
  fc.constant(AgentMessage.encode({ programRequest: { hash: "a".repeat(64) } }).finish()),
  answer.map((one): Uint8Array => AgentMessage.encode({ answer: one }).finish()),
  fc.uint8Array({ maxLength: 300 }),
  // A field of bytes that says that it is long, and is not there.
  fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((length) => Uint8Array.from([0x12, ...varint(length), 0x0a])),
);

function varint(value: number): number[] {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) | 128);
  }
}

/** As grpc does: what cannot be decoded never reaches the session, the library ends such a call itself. */
function decoded(bytes: Uint8Array): AgentMessage | undefined {
  try {
    return AgentMessage.decode(bytes);
  } catch {
    return undefined;
  }
}

const PROGRAM = { hash: "a".repeat(64), config: "edge", programVersion: 1, bytes: Buffer.alloc(1000, 1) };

describe("a hostile agent", function () {
  this.timeout(120_000);

  it("a session throws nothing, keeps little, and ends with a status or goes on", () => {
    let ended = 0;
    let heard = 0;
    fc.assert(fc.property(fc.array(message, { maxLength: 60 }), fc.boolean(), (messages, greeted) => {
      const call = new FakeCall();
      const clock = new FakeClock();
      const ends: string[] = [];
      const session = new Session({ call: call as unknown as Call, node: "n1", clock, onNews: () => undefined, onEnd: (code) => ends.push(status[code] ?? "") });
      session.desire(PROGRAM);
      if (greeted) call.emit("data", goodHello);
      let answers = 0;
      const question = { method: "GET", path: "/status", maxBytes: 1000, signal: new AbortController().signal } as const;
      for (let i = 0; i < 2; i++) session.ask(question).then(({ body }) => { answers += body.length; }, (error: unknown) => { assert.ok(error instanceof QueryError, String(error)); });
      for (const bytes of messages) {
        const one = decoded(bytes);
        if (one !== undefined) call.emit("data", one);
        if (one?.report !== undefined && session.view.report !== undefined) heard++;
      }
      assert.ok(ends.length <= 1 && ends.every((code) => ["INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"].includes(code)), ends.join());
      assert.equal(call.failure !== undefined, ends.length === 1);
      ended += ends.length;
      assert.ok(call.bytes <= 61 * 2000, "no more is sent than was asked for");
      assert.ok(JSON.stringify(session.view).length < 512 * 1024);
      assert.ok(answers <= 2000);
      session.end(status.CANCELLED, "the test is over");
      assert.equal(clock.pending, 0, "no timer is left");
    }), { seed: 5, numRuns: 200 });
    assert.ok(ended > 50 && heard > 5, `${ended} sessions ended, ${heard} reports were taken`);
  });

  it("the server ends such streams with a status, and serves the next one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-hostile-"));
    const [key, crt] = [join(folder, "key"), join(folder, "crt")];
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", crt], { stdio: "ignore" });
    const files = new CertificateFiles(crt, key, () => undefined);
    await files.read();
    const server = new AgentServer({ authenticator: { check: () => Promise.resolve("agent") }, clock: systemClock, log: { info: () => undefined, warn: () => undefined } });
    const address = `127.0.0.1:${await server.listen("127.0.0.1:0", files.identity)}`;
    server.open(() => undefined);
    server.desire("n1", PROGRAM);
    const metadata = new Metadata();
    metadata.set("authorization", "Bearer abc");
    metadata.set("x-portcullis-node", "n1");
    const client = new Client(address, credentials.createSsl(readFileSync(crt)));
    const raw = (): ClientDuplexStream<Uint8Array, Buffer> =>
      client.makeBidiStreamRequest(NodeStreamService.connect.path, (bytes: Uint8Array) => Buffer.from(bytes), (bytes: Buffer) => bytes, metadata);
    const endOf = (call: ClientDuplexStream<Uint8Array, Buffer>): Promise<number> => new Promise((resolve) => {
      call.on("data", () => undefined);
      call.on("error", (error: ServiceError) => resolve(error.code));
      call.on("end", () => resolve(status.OK));
    });
    try {
      await fc.assert(fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
        const call = raw();
        const end = endOf(call);
        for (const bytes of messages) call.write(bytes);
        call.end();
        assert.ok((await end) in status);
      }), { seed: 6, numRuns: 40 });
      const large = raw();
      const refused = endOf(large);
      large.write(Buffer.alloc(300 * 1024));
      assert.equal(await refused, status.RESOURCE_EXHAUSTED);
      const good = raw();
      const told = new Promise<OperatorMessage>((resolve) => good.once("data", (bytes: Buffer) => resolve(OperatorMessage.decode(bytes))));
      good.on("error", () => undefined);
      good.write(AgentMessage.encode(goodHello).finish());
      assert.equal((await told).desired?.hash, PROGRAM.hash);
      good.cancel();
    } finally {
      client.close();
      server.shutdown();
      rmSync(folder, { recursive: true });
    }
  });
});
