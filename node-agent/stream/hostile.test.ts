// SPDX-License-Identifier: Apache-2.0
// A hostile operator: random bytes and messages in any order. The agent takes no program that is not the one announced,
// throws nothing but a Problem that ends the stream, keeps no more than one program's bytes, and goes on.
import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_PROGRAM_BYTES } from "../../program/codec";
import { OperatorMessage, type Desired, type ProgramData } from "../../program/stream.gen";
import type { Loaded } from "../last-good";
import { makeLog } from "../log";
import { Problem } from "../problem";
import { Assembly } from "./assembly";
import { ClusterNode } from "./node";

const text = fc.oneof(fc.string({ maxLength: 40, unit: "binary" }), fc.constantFrom("", "a".repeat(64), "../../etc/passwd", "__proto__", "x".repeat(5000)));
const hash = fc.oneof(fc.constantFrom("a".repeat(64), "b".repeat(64)), text);
const u64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0n, 1n, 5n, 10n, BigInt(MAX_PROGRAM_BYTES), BigInt(MAX_PROGRAM_BYTES) + 1n));
const version = fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const wanted = fc.constant({ hash: "a".repeat(64), config: "edge", programVersion: 1, size: 10n });
const desired: fc.Arbitrary<Desired> = fc.oneof(wanted, fc.record({ hash, config: text, programVersion: version, size: u64 }));
const piece: fc.Arbitrary<ProgramData> = fc.record({ hash: fc.oneof(fc.constant("a".repeat(64)), hash), offset: fc.oneof(fc.constantFrom(0n, 5n), u64), data: fc.uint8Array({ maxLength: 10 }).map((bytes) => Buffer.from(bytes)), last: fc.boolean() });
const message = fc.oneof(
  desired.map((one): Uint8Array => OperatorMessage.encode({ desired: one }).finish()),
  piece.map((one): Uint8Array => OperatorMessage.encode({ program: one }).finish()),
  fc.uint8Array({ maxLength: 300 }),
);

function decoded(bytes: Uint8Array): OperatorMessage | undefined {
  try {
    return OperatorMessage.decode(bytes);
  } catch {
    return undefined; // the library ends such a call itself
  }
}

describe("a hostile operator", () => {
  it("is not believed, and breaks nothing", async () => {
    let broken = 0;
    await fc.assert(fc.asyncProperty(fc.array(message, { maxLength: 60 }), async (messages) => {
      const applied: Loaded[] = [];
      const agent = {
        desired: null, good: null, busy: false, problem: null, storedHash: "", stored: () => null,
        apply: (next: Loaded) => { applied.push(next); return Promise.resolve(); }, withdraw: () => Promise.reject(new Error("no worker")),
      };
      const node = new ClusterNode(agent, "n1", makeLog("silent"));
      for (const bytes of messages) {
        const one = decoded(bytes);
        try {
          if (one?.desired !== undefined) node.onDesired(one.desired);
          if (one?.program !== undefined) node.onProgram(one.program);
        } catch (error) {
          assert.ok(error instanceof Problem, String(error));
          broken++;
          node.reset();
        }
      }
      assert.equal(applied.length, 0, "no bytes had the hash that was announced");
      await Promise.resolve();
    }), { seed: 7, numRuns: 200 });
    assert.ok(broken > 20, `${broken} streams were ended`);
  });

  it("cannot make it keep more than the announced size", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4096 }), fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxLength: 200 }), (size, parts) => {
      const assembly = new Assembly("a".repeat(64), BigInt(size));
      let offset = 0;
      try {
        for (const part of parts) {
          assert.equal(assembly.add({ hash: "a".repeat(64), offset: BigInt(offset), data: Buffer.from(part), last: false }), null);
          offset += part.length;
          assert.ok(offset <= size);
        }
      } catch (error) {
        assert.match(String(error), /longer than the announced/);
      }
    }), { seed: 8, numRuns: 300 });
  });
});
