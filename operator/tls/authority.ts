// SPDX-License-Identifier: Apache-2.0
// What the operator's own authority should be now, from what it was. Pure but for the keys that it makes.
//
// Rotation in three steps, each long before anything expires. A coming authority is made and published, and issues
// nothing. When every agent has had time to read it, it takes over; the one before stays published until it expires. So
// at every moment an agent trusts the server's certificate, whether it read the list today or a week ago.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { issueAuthority, type Pair } from "./x509";

const DAY_MS = 86_400_000;

export const LIFE = {
  authorityMs: 730 * DAY_MS,
  /** A coming authority is made when the one in use has less than this left. */
  comingMs: 180 * DAY_MS,
  /** For so long the coming one is published before it issues. Files in pods follow within minutes. */
  overlapMs: 7 * DAY_MS,
  serverMs: 30 * DAY_MS,
  /** The server's certificate is replaced when it has less than this left. */
  serverRenewMs: 10 * DAY_MS,
} as const;

export interface Authorities {
  issuing: Pair | undefined;
  coming: Pair | undefined;
  /** Certificates of former ones that have not expired. */
  former: string[];
}

export interface Plan {
  authorities: Authorities & { issuing: Pair };
  /** What was done and why, one sentence each; none: nothing changed. */
  news: string[];
}

/** `published`: the certificates that agents are given now. */
export function plan(before: Authorities, published: readonly string[], now: number): Plan {
  const news: string[] = [];
  let { issuing, coming } = before;
  let former = before.former;
  if (issuing !== undefined && (!isWhole(issuing) || expiryOf(issuing.certificate) <= now)) {
    news.push("the authority is damaged or expired, and replaced at once");
    if (expiryOf(issuing.certificate) > now) former = [...former, issuing.certificate];
    issuing = undefined;
  }
  if (coming !== undefined && (!isWhole(coming) || expiryOf(coming.certificate) <= now)) coming = undefined;
  if (issuing === undefined) {
    if (coming === undefined && news.length === 0) news.push("an authority was made");
    [issuing, coming] = [coming ?? issueAuthority(now, LIFE.authorityMs), undefined];
  }
  if (coming !== undefined && madeAt(coming) + LIFE.overlapMs <= now && published.includes(coming.certificate)) {
    news.push("the coming authority took over");
    former = [...former, issuing.certificate];
    [issuing, coming] = [coming, undefined];
  } else if (coming === undefined && expiryOf(issuing.certificate) - now < LIFE.comingMs) {
    news.push("a coming authority was made");
    coming = issueAuthority(now, LIFE.authorityMs);
  }
  const valid = former.filter((certificate) => expiryOf(certificate) > now);
  if (valid.length < before.former.length) news.push("an authority expired and is not trusted any more");
  return { authorities: { issuing, coming, former: valid }, news };
}

/** What agents trust. */
export const trusted = ({ issuing, coming, former }: Authorities): string[] =>
  [issuing?.certificate, coming?.certificate, ...former].filter((certificate) => certificate !== undefined);

/** Certificates of a text, each as issueAuthority() writes it; what is no certificate is left out. */
export function certificatesIn(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block}\n`).filter((block) => expiryOf(block) > 0);
}

/** 0 for what cannot be read: expired for ever. */
export function expiryOf(certificate: string): number {
  try {
    return Date.parse(new X509Certificate(certificate).validTo);
  } catch {
    return 0;
  }
}

/** The certificate's start is an hour before. */
const madeAt = (pair: Pair): number => Date.parse(new X509Certificate(pair.certificate).validFrom);

function isWhole({ certificate, key }: Pair): boolean {
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.ca && parsed.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
