// SPDX-License-Identifier: Apache-2.0
// The scalar values of the API: names, addresses, ports, quantities, durations. Patterns are RE2 (no lookaround), so
// that the API server checks the same language as this file.
import { z } from "zod";

const OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const IPV4 = `${OCTET}(\\.${OCTET}){3}`;
const HEX = "[0-9a-fA-F]{1,4}";
const IPV6 =
  `((${HEX}:){7}${HEX}|(${HEX}:){1,7}:|(${HEX}:){1,6}:${HEX}|(${HEX}:){1,5}(:${HEX}){1,2}|(${HEX}:){1,4}(:${HEX}){1,3}` +
  `|(${HEX}:){1,3}(:${HEX}){1,4}|(${HEX}:){1,2}(:${HEX}){1,5}|${HEX}:(:${HEX}){1,6}|:((:${HEX}){1,7}|:))`;
const LENGTH4 = "/(3[0-2]|[12]?[0-9])";
const LENGTH6 = "/(12[0-8]|1[01][0-9]|[1-9]?[0-9])";
const PORT = "(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})";

/** What the strings of a pattern are called in the reference. */
export const PATTERN_TEXTS = new Map<string, string>();

/** A string of a language: its name, the pattern, its longest text, and the sentence that follows the value. */
function text(title: string, pattern: string, maxLength: number, sentence: string) {
  const whole = new RegExp(`^(${pattern})$`);
  PATTERN_TEXTS.set(whole.source, title);
  return z.string().max(maxLength).regex(whole, sentence);
}

/** Names that people give to zones, addresses, applications and policies. */
export const name = () =>
  text("name", "[A-Za-z0-9][A-Za-z0-9._-]*", 63, "must start with a letter or digit and hold only letters, digits, '.', '_' and '-'").min(1);

/** Name of a kernel network device. */
export const deviceName = () =>
  text("name", "[A-Za-z0-9][A-Za-z0-9._-]*", 15, "must start with a letter or digit and hold only letters, digits, '.', '_' and '-'").min(1);

/** metadata.name: a DNS subdomain (RFC 1123). */
export const objectName = () =>
  text("object name", 
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
    253,
    "must be a DNS subdomain: lower-case letters, digits, '-' and '.', for example edge-1",
  ).min(1);

export const ipAddress = () => text("IP address", `${IPV4}|${IPV6}`, 39, "must be an IPv4 or IPv6 address, for example 192.0.2.1 or 2001:db8::1").min(2);

/** A network with its prefix length. */
export const cidr = () =>
  text("address with prefix length", `${IPV4}${LENGTH4}|${IPV6}${LENGTH6}`, 43, "must be an address with a prefix length, for example 10.0.0.0/24 or 2001:db8::/64").min(4);

/** A network, or one address without a prefix length. */
export const prefix = () =>
  text("address or prefix", 
    `${IPV4}(${LENGTH4})?|${IPV6}(${LENGTH6})?`,
    43,
    "must be an address or a prefix, for example 10.1.3.7, 10.1.2.0/24 or 2001:db8::/64",
  ).min(2);

/** A unicast MAC address. */
export const mac = () =>
  text("MAC address", "[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}", 17, "must be a unicast MAC address, for example 02:00:00:00:00:01").min(17);

/** One IPv4 address. */
export const ipv4Address = () => text("IPv4 address", IPV4, 15, "must be an IPv4 address, for example 192.0.2.1; NAT translates IPv4 only").min(7);

/** An IPv4 address, network, or range of addresses. */
export const ipv4Range = () =>
  text(
    "IPv4 address, network or range",
    `${IPV4}(${LENGTH4}|-${IPV4})?`,
    31,
    "must be an IPv4 address, a network or a range, for example 192.0.2.1, 192.0.2.0/28 or 192.0.2.8-192.0.2.15; NAT translates IPv4 only",
  ).min(7);

/** An IPv4 address or network. */
export const ipv4Prefix = () =>
  text("IPv4 address or prefix", `${IPV4}(${LENGTH4})?`, 18, "must be an IPv4 address or network, for example 192.0.2.1 or 192.0.2.0/28; NAT translates IPv4 only").min(7);

/** "08:00", until "23:59", and "24:00" where a day may end. */
export const timeOfDay = (end: boolean) =>
  text("time of day", `([01][0-9]|2[0-3]):[0-5][0-9]${end ? "|24:00" : ""}`, 5, `must be a time from 00:00 to ${end ? "24:00" : "23:59"}, in quotes, for example "08:00"`).min(5);

/** Name in the IANA time zone database. */
export const timeZone = () =>
  text("time zone", "[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}", 63, "must be the name of a time zone, for example Europe/Berlin or UTC").min(1);

/** Name of a DPDK device that has no hardware. */
export const virtualDevice = () =>
  text("device name", "net_[a-z][a-z0-9_]*", 31, 'must be the name of a DPDK virtual network device, for example net_pcap0 or net_null1').min(5);

/** Arguments of such a device. */
export const deviceArguments = () =>
  text("device arguments", "[A-Za-z0-9_-]+=[!-+--~]*(,[A-Za-z0-9_-]+(=[!-+--~]*)?)*", 191, 'must be key=value pairs with commas between them and without spaces, for example "rx_pcap=/tmp/in.pcap,infinite_rx=1"').min(1);

export const portRange = () =>
  text("port or range", `${PORT}(-${PORT})?`, 11, 'must be a port from 1 to 65535 or a range, in quotes, for example "443" or "8000-8080"').min(1);

/** Path of a unix socket; a comma would end it in the arguments of a driver. */
export const socketPath = () =>
  text("path of a socket", "(/[A-Za-z0-9_.:@+=-]+)+", 107, "must be an absolute path of at most 107 characters, for example /run/vhost/vm1.sock").min(2);

export const pciAddress = () =>
  text("PCI address", "[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]", 12, 'must be a PCI address, in quotes, for example "0000:03:00.0"').min(12);

/** Absolute core ids: "2", "2-5" or "2,4-6". */
export const coreList = () =>
  text("core ids", "[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*", 255, 'must be core ids, in quotes, for example "2", "2-5" or "2,4-6"').min(1);

/** Bytes with a binary or decimal suffix. */
export const quantity = () =>
  text("quantity", "[1-9][0-9]{0,14}(Ki|Mi|Gi|Ti|k|M|G|T)?", 17, "must be a number of bytes with an optional suffix, for example 256Mi or 2Gi").min(1);

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a text that one of the duration patterns below accepts; NaN for any other text. */
export function durationMs(value: string): number {
  let total = 0;
  let rest = value;
  for (;;) {
    const part = /^([0-9]+)(ms|s|m|h)/.exec(rest);
    if (part === null) return rest === "" && value !== "" ? total : Number.NaN;
    total += Number(part[1]) * (UNITS[part[2] ?? ""] ?? Number.NaN);
    rest = rest.slice(part[0].length);
  }
}

const QUANTITIES: Readonly<Record<string, number>> = {
  "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40,
};

/** Bytes of a quantity; NaN for a text that is none. */
export function quantityBytes(value: string): number {
  const parts = /^([0-9]+)([kMGT]i?|Ki)?$/.exec(value);
  return parts === null ? Number.NaN : Number(parts[1]) * (QUANTITIES[parts[2] ?? ""] ?? Number.NaN);
}

/** Milliseconds or seconds, one number and one unit. */
export const shortDuration = () => text("duration (ms, s)", "[1-9][0-9]{0,5}(ms|s)", 8, "must be a duration in ms or s, for example 100ms").min(2);

export const PERCENT = "[1-9][0-9]?%|100%";

/** A share of nodes. */
export const percent = () => text("percentage", PERCENT, 4, "must be a percentage from 1% to 100%, for example 25%").min(2);

/** Whole seconds, Go notation: "90s", "30m", "1h30m". */
export const longDuration = () =>
  text("duration (h, m, s)", "([0-9]{1,4}h)?([0-9]{1,6}m)?([0-9]{1,7}s)?", 20, "must be a duration in h, m and s, for example 90s, 30m or 1h30m").min(2);

const LABEL = "([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)";
export const LABEL_KEY = `([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?${LABEL}`;

/** Key of a Kubernetes label. */
export const labelKey = () => text("label key", LABEL_KEY, 317, "must be a label key of the form name or prefix/name, for example portcullis.dev/role").min(1);

/** Value of a Kubernetes label; may be empty. */
export const labelValue = () => text("label value", `${LABEL}?`, 63, "must be a label value: letters, digits, '-', '_' and '.', at most 63");

/** SHA-256 in lower-case hexadecimal. */
export const hash = () => text("SHA-256 in hexadecimal", "([0-9a-f]{64})?", 64, "must be 64 lower-case hexadecimal digits");
