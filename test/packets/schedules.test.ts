// SPDX-License-Identifier: Apache-2.0
// Policies with a schedule. The clock starts on Thursday, 1970-01-01, at 00:00 UTC.
import { table } from "./support/table";

const config = `
schedules:
- {name: early, windows: [{days: [Thu], from: "00:00", to: "00:05"}]}
- {name: later, windows: [{days: [Thu], from: "00:05", to: "00:10"}, {days: [Thu], from: "00:20", to: "00:25"}]}
- {name: evening-before, windows: [{days: [Wed], from: "23:00", to: "00:03"}]}
- {name: berlin, timeZone: Europe/Berlin, windows: [{from: "01:02", to: "01:04"}]}
- {name: friday, windows: [{days: [Fri], from: "00:00", to: "24:00"}]}
policies:
- {name: early-deny, from: [guest], to: [untrust], schedule: early, action: Deny}
- {name: always, from: [guest], to: [untrust], action: Permit}
- {name: early-web, from: [trust], to: [dmz], schedule: early, action: Permit}
- {name: later-web, from: [trust], to: [dmz], schedule: later, action: Permit}
- {name: night, from: [trust], to: [guest], schedule: evening-before, action: Permit}
- {name: friday, from: [trust], to: [guest], schedule: friday, action: Permit}
- {name: berlin, from: [trust], to: [untrust], schedule: berlin, action: Permit}
`;
const udp = (from: string, to: string): string => `udp ${from} > ${to} len=0`;
const lanDmz = (port: number): string => `lan: ${udp(`10.0.1.5:${port}`, "10.0.20.5:9")}`;
const lanDmz6 = (port: number): string => `lan: ${udp(`[2001:db8:1::5]:${port}`, "[2001:db8:20::5]:9")}`;
const lanGuest = (port: number): string => `lan: ${udp(`10.0.1.5:${port}`, "10.0.30.5:9")}`;
const lanWan = (port: number): string => `lan: ${udp(`10.0.1.5:${port}`, "203.0.113.9:9")}`;
const guestWan = (port: number): string => `guest: ${udp(`10.0.30.5:${port}`, "203.0.113.9:9")}`;

table("schedules and new flows", { config }, {
  "an open window": [`${lanDmz(1)} => dmz by early-web`],
  "an open window, IPv6": [`${lanDmz6(1)} => dmz by early-web`],
  "the end belongs to the next": ["wait 5m", `${lanDmz(1)} => dmz by later-web`],
  "the last moment of a window": ["wait 4.99m", `${lanDmz(1)} => dmz by early-web`],
  "no window": ["wait 10m", `${lanDmz(1)} => drop default-deny by -`, `${lanDmz6(1)} => drop default-deny by -`],
  "the second window of a schedule": ["wait 21m", `${lanDmz(1)} => dmz by later-web`, "wait 4m", `${lanDmz(2)} => drop default-deny by -`],
  "a window that began on the day before": [`${lanGuest(1)} => guest by night`, "wait 3m", `${lanGuest(2)} => drop default-deny by -`],
  "a time zone": [
    `${lanWan(1)} => drop default-deny by -`, "wait 2m", `${lanWan(2)} => wan by berlin`, "wait 2m", `${lanWan(3)} => drop default-deny by -`,
  ],
  "the next day": ["wait 1439m", `${lanGuest(1)} => drop default-deny by -`, "wait 1m", `${lanGuest(2)} => guest by friday`],
  "a policy behind one that closes": [`${guestWan(1)} => drop policy-deny by early-deny`, "wait 5m", `${guestWan(1)} => wan by always`],
});

table("schedules and sessions", { config }, {
  "a session ends with the window that it needs": [
    "wait 9m", `${lanDmz(1)} => dmz by later-web`, "wait 59s", `${lanDmz(1)} => dmz by later-web`, "wait 2s", `${lanDmz(1)} => drop default-deny by -`,
  ],
  "its replies end as well": [
    "wait 9m", `${lanDmz(1)} => dmz by later-web`, "wait 58s", `dmz: ${udp("10.0.20.5:9", "10.0.1.5:1")} => lan by later-web`, "wait 3s",
    `dmz: ${udp("10.0.20.5:9", "10.0.1.5:1")} => drop default-deny by -`,
  ],
  "a session goes on under the policy of the next window": [
    "wait 4m", `${lanDmz(1)} => dmz by early-web`, "wait 59s", `${lanDmz(1)} => dmz by early-web`, "wait 2s", `${lanDmz(1)} => dmz by later-web`,
    "expect counters.sessions4=1",
  ],
  "TCP in the middle of a connection": [
    "wait 9m", "lan: tcp 10.0.1.5:1 > 10.0.20.5:80 S seq=1 => dmz by later-web", "dmz: tcp 10.0.20.5:80 > 10.0.1.5:1 SA seq=9 ack=2 => lan by later-web",
    "lan: tcp 10.0.1.5:1 > 10.0.20.5:80 A seq=2 ack=10 => dmz by later-web", "wait 61s", "lan: tcp 10.0.1.5:1 > 10.0.20.5:80 A seq=2 ack=10 => drop tcp-no-session by -",
  ],
});
