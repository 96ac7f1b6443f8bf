// SPDX-License-Identifier: Apache-2.0
// The operator's own authority, kept in a Secret, and published for agents in a ConfigMap.
//
// Both objects come with the chart, empty, so that this needs no right to create, and they leave with it. Only the leader
// writes. Every replica issues a certificate for itself, which it keeps in memory: a follower can lead at any moment.
import type { Transport } from "../kube/client";
import { deadline, sleep, type Clock } from "../kube/clock";
import { isNotFound } from "../kube/errors";
import type { Writer } from "../kube/objects";
import { pathOf, type KubeObject, type Resource } from "../kube/types";
import { Identity } from "../stream/identity";
import { certificatesIn, expiryOf, LIFE, plan, trusted, type Authorities } from "./authority";
import { issueServer } from "./x509";

export interface KeeperOptions {
  transport: Transport;
  clock: Clock;
  namespace: string;
  /** Name of the Secret and of the ConfigMap. */
  name: string;
  /** DNS names that agents dial. */
  names: readonly string[];
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  /** How often the leader looks, and how often the others. */
  leaderMs?: number;
  followerMs?: number;
}

interface Data<T> extends KubeObject {
  data?: Record<string, T>;
}

const SECRETS: Resource<Data<string>> = { group: "", version: "v1", plural: "secrets", kind: "Secret" };
const CONFIG_MAPS: Resource<Data<string>> = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
export const BUNDLE_KEY = "ca.crt";
const SECRET_KEYS = ["tls.crt", "tls.key", "next.crt", "next.key", "old.crt"] as const;
const RETRY_MS = 2_000;
const READ_MS = 10_000;

export class AuthorityKeeper {
  readonly identity = new Identity();
  readonly #o: Required<KeeperOptions>;
  /** Issuer and end of the certificate in use. */
  #issued: { by: string; until: number } | undefined;
  #told = "";
  /** What clients are told to trust, as this replica published it; "": it did not lead yet. */
  bundle = "";

  constructor(options: KeeperOptions) {
    this.#o = { leaderMs: 60_000, followerMs: 600_000, ...options };
  }

  /** Keeps this replica's certificate current until the signal is aborted. */
  follow(signal: AbortSignal): Promise<void> {
    return this.#repeat(signal, () => (this.#issued === undefined ? RETRY_MS : this.#o.followerMs), async () => {
      this.#issue(authoritiesOf(await this.#read(SECRETS, signal)));
    });
  }

  /** Keeps the authority and what agents trust, for one term as leader. */
  keep(signal: AbortSignal, writer: Writer): Promise<void> {
    return this.#repeat(signal, () => this.#o.leaderMs, () => this.#keepOnce(signal, writer));
  }

  async #keepOnce(signal: AbortSignal, writer: Writer): Promise<void> {
    const { clock, log } = this.#o;
    const [secret, map] = [await this.#read(SECRETS, signal), await this.#read(CONFIG_MAPS, signal)];
    const published = certificatesIn(map.data?.[BUNDLE_KEY] ?? "");
    const { authorities, news } = plan(authoritiesOf(secret), published, clock.wall());
    const data = secretData(authorities);
    if (SECRET_KEYS.some((key) => (secret.data?.[key] ?? "") !== (data[key] ?? ""))) await writer.patch(SECRETS, secret, { data });
    for (const text of news) log.info({ expires: new Date(expiryOf(authorities.issuing.certificate)).toISOString() }, text);
    // Agents must trust an authority before a certificate of it is shown to them.
    const bundle = trusted(authorities).join("");
    if (map.data?.[BUNDLE_KEY] !== bundle) await writer.patch(CONFIG_MAPS, map, { data: { [BUNDLE_KEY]: bundle } });
    this.bundle = bundle;
    this.#issue(authorities);
  }

  #issue({ issuing }: Authorities): void {
    const now = this.#o.clock.wall();
    if (issuing === undefined) return;
    if (this.#issued?.by === issuing.certificate && this.#issued.until - now > LIFE.serverRenewMs) return;
    const { certificate, key } = issueServer(issuing, this.#o.names, now, LIFE.serverMs);
    this.identity.use({ certificate: Buffer.from(certificate), privateKey: Buffer.from(key) });
    this.#issued = { by: issuing.certificate, until: expiryOf(certificate) };
    this.#o.log.info({ names: this.#o.names, expires: new Date(this.#issued.until).toISOString() }, "certificate issued");
  }

  async #read(resource: Resource<Data<string>>, signal: AbortSignal): Promise<Data<string>> {
    const { transport, clock, namespace, name } = this.#o;
    const limit = deadline(clock, READ_MS, signal, `reading ${resource.kind} ${name}`);
    try {
      return await transport.request<Data<string>>("GET", pathOf(resource, { namespace, name }), { signal: limit.signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new Error(`there is no ${resource.kind} ${namespace}/${name}; apply the chart again, which brings it`, { cause: error });
    } finally {
      limit.dispose();
    }
  }

  /** Does it at once, then again and again; soon again after a failure. A failure is told once. */
  async #repeat(signal: AbortSignal, everyMs: () => number, once: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      let wait: number;
      try {
        await once();
        this.#told = "";
        wait = everyMs();
      } catch (error) {
        wait = RETRY_MS;
        const text = (error as Error).message;
        if (!signal.aborted && text !== this.#told) this.#o.log.warn({ error: text }, "the authority for agents could not be looked after");
        this.#told = text;
      }
      await sleep(this.#o.clock, wait, signal).catch(() => undefined);
    }
  }
}

const text = (value: string | undefined): string => Buffer.from(value ?? "", "base64").toString("utf8");

function authoritiesOf({ data = {} }: Data<string>): Authorities {
  const pair = (name: "tls" | "next") => (data[`${name}.crt`] === undefined ? undefined : { certificate: text(data[`${name}.crt`]), key: text(data[`${name}.key`]) });
  return { issuing: pair("tls"), coming: pair("next"), former: certificatesIn(text(data["old.crt"])) };
}

/** null removes what was there. */
function secretData({ issuing, coming, former }: Authorities): Record<string, string | null> {
  const base64 = (value: string | undefined): string | null => (value === undefined || value === "" ? null : Buffer.from(value).toString("base64"));
  return {
    "tls.crt": base64(issuing?.certificate),
    "tls.key": base64(issuing?.key),
    "next.crt": base64(coming?.certificate),
    "next.key": base64(coming?.key),
    "old.crt": base64(former.join("")),
  };
}
