// SPDX-License-Identifier: Apache-2.0
// Two kinds of certificates (RFC 5280) on P-256: an authority of our own, and the operator's, issued by it.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from "node:crypto";
import { bits, explicit, implicit, integer, octets, oid, sequence, setOf, time, truth, utf8 } from "./der";

/** Certificate and private key, PEM. */
export interface Pair {
  certificate: string;
  key: string;
}

/** Clocks of nodes go wrong by minutes; a certificate must not be too young for them. */
const BACKDATE_MS = 3_600_000;

const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

interface Wanted {
  subject: string;
  issuer: string;
  publicKey: Buffer;
  extensions: Buffer[];
  notBefore: number;
  notAfter: number;
}

/** A new authority that signs itself. Each has a name of its own: two with one name confuse verifiers. */
export function issueAuthority(now: number, lifeMs: number): Pair {
  const { key, publicKey } = newKey();
  const name = `portcullis-ca-${randomBytes(4).toString("hex")}`;
  const extensions = [
    extension("2.5.29.19", sequence(truth(), integer(Buffer.from([0]))), true),
    extension("2.5.29.15", bits(Buffer.from([0x06]), 1), true), // keyCertSign, cRLSign
    extension("2.5.29.14", octets(keyId(publicKey))),
  ];
  const wanted = { subject: name, issuer: name, publicKey, extensions, notBefore: now - BACKDATE_MS, notAfter: now + lifeMs };
  return { certificate: signed(wanted, key), key: pemOf(key) };
}

/** A certificate for a server of these DNS names; never valid longer than the authority. */
export function issueServer(authority: Pair, names: readonly string[], now: number, lifeMs: number): Pair {
  const [first] = names;
  if (first === undefined) throw new Error("a server certificate needs a name");
  const { key, publicKey } = newKey();
  const by = new X509Certificate(authority.certificate);
  const signer = createPrivateKey(authority.key);
  const extensions = [
    extension("2.5.29.19", sequence(), true),
    extension("2.5.29.15", bits(Buffer.from([0x80]), 7), true), // digitalSignature
    extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.1"))), // serverAuth
    extension("2.5.29.17", sequence(...names.map((name) => implicit(2, Buffer.from(name, "ascii"))))),
    extension("2.5.29.35", sequence(implicit(0, keyId(spkiOf(createPublicKey(signer)))))),
  ];
  const notAfter = Math.min(now + lifeMs, Date.parse(by.validTo));
  const issuer = by.subject.replace(/^CN=/, "");
  return { certificate: signed({ subject: first.slice(0, 64), issuer, publicKey, extensions, notBefore: now - BACKDATE_MS, notAfter }, signer), key: pemOf(key) };
}

function newKey(): { key: KeyObject; publicKey: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { key: privateKey, publicKey: spkiOf(publicKey) };
}

const spkiOf = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });
const pemOf = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** RFC 7093, method 4. */
const keyId = (publicKey: Buffer): Buffer => createHash("sha256").update(publicKey).digest().subarray(0, 20);

const extension = (id: string, value: Buffer, critical = false): Buffer => sequence(oid(id), ...(critical ? [truth()] : []), octets(value));
const nameOf = (common: string): Buffer => sequence(setOf(sequence(oid("2.5.4.3"), utf8(common))));

function signed({ subject, issuer, publicKey, extensions, notBefore, notAfter }: Wanted, signer: KeyObject): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    nameOf(issuer),
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject),
    publicKey,
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(body, ECDSA_SHA256, bits(sign("sha256", body, signer)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
