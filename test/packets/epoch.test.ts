// SPDX-License-Identifier: Apache-2.0
// A new configuration judges what the one before let in.
import { table } from "./support/table";

const web = "{name: web, protocol: TCP, destinationPorts: ['80']}";
const ssh = "{name: ssh, protocol: TCP, destinationPorts: ['22']}";
const config = `
applications: [${web}, ${ssh}]
policies:
- {name: web-out, from: [trust], applications: [web], action: Permit}
- {name: ssh-out, from: [trust], applications: [ssh], action: Permit}
`;
const configs = {
  same: config,
  "no-web": `
applications: [${web}, ${ssh}]
policies:
- {name: web-out, from: [trust], applications: [web], action: Deny}
- {name: ssh-out, from: [trust], applications: [ssh], action: Permit}
`,
  "rejects-web": `
applications: [${web}, ${ssh}]
policies:
- {name: no-more-web, from: [trust], applications: [web], action: Reject}
- {name: ssh-out, from: [trust], applications: [ssh], action: Permit}
`,
  renamed: `
applications: [${web}, ${ssh}]
policies:
- {name: new-first, from: [dmz], action: Permit}
- {name: all-out, from: [trust], action: Permit}
`,
  faster: `
applications: [{name: web, protocol: TCP, destinationPorts: ['80'], timeout: 10m}]
policies: [{name: web-out, from: [trust], applications: [web], action: Permit}]
`,
  nothing: "policies: []",
  "dmz-is-trust": `
applications: [${web}]
interfaces:
- {name: lan, port: port-lan, zone: trust, addresses: ["10.0.1.1/24", "2001:db8:1::1/64"]}
- {name: wan, port: port-wan, zone: dmz, addresses: ["203.0.113.2/24", "2001:db8:f::2/64"]}
- {name: dmz, port: trunk, vlan: 20, zone: untrust, addresses: ["10.0.20.1/24", "2001:db8:20::1/64"]}
- {name: guest, port: trunk, vlan: 30, zone: guest, addresses: ["10.0.30.1/24"]}
policies: [{name: web-out, from: [trust], to: [dmz], applications: [web], action: Permit}]
`,
  "no-ssh-here": "zones: [{name: trust, hostInbound: {services: [ping]}}, {name: untrust}, {name: dmz}, {name: guest}]",
};
const a = "tcp 10.0.1.5:1000 > 203.0.113.9:80";
const b = "tcp 203.0.113.9:80 > 10.0.1.5:1000";
const OPEN = [`lan: ${a} S seq=100 => wan by web-out`, `wan: ${b} SA seq=300 ack=101 => lan`, `lan: ${a} A seq=101 ack=301 => wan`];
const SSH = ["lan: tcp 10.0.1.5:1001 > 203.0.113.9:22 S => wan by ssh-out"];
const go = `lan: ${a} A seq=101 ack=301 len=5 => wan`;
const back = `wan: ${b} A seq=301 ack=106 len=5 => lan`;

table("a new configuration", { config, configs }, {
  "that changes nothing loses nothing": [
    ...OPEN,
    "load same",
    `${go} by web-out`,
    back,
    "expect sessions.length=1 sessions.0.state=established sessions.0.packets=3,2 counters.sessionsDenied=0",
  ],
  "that denies a flow stops it at once, from the initiator": [
    ...OPEN,
    "load no-web",
    `lan: ${a} A seq=101 ack=301 len=5 => drop policy-deny by web-out`,
    "expect sessions.length=0 counters.sessionsDenied=1 counters.sessionsClosed=1",
    `lan: ${a} A seq=101 ack=301 len=5 => drop tcp-no-session`,
  ],
  "that denies a flow stops it at once, from the responder": [
    ...OPEN,
    "load no-web",
    `wan: ${b} A seq=301 ack=101 len=5 => drop policy-deny by web-out`,
    "expect sessions.length=0",
  ],
  "that denies one flow leaves the other": [
    ...OPEN,
    ...SSH,
    "load no-web",
    `wan: ${b} A seq=301 ack=101 => drop policy-deny`,
    "wan: tcp 203.0.113.9:22 > 10.0.1.5:1001 SA ack=1 => lan by ssh-out",
    "expect sessions.length=1 counters.sessionsDenied=1",
  ],
  "that rejects a flow tells its initiator": [
    ...OPEN,
    "load rejects-web",
    `lan: ${a} A seq=101 ack=301 len=5 => drop policy-reject by no-more-web` +
      " & lan: tcp 203.0.113.9:80 > 10.0.1.5:1000 R seq=301 df",
    "expect sessions.length=0",
  ],
  "with no policy left denies by default": [
    ...OPEN,
    "load nothing",
    `lan: ${a} A seq=101 ack=301 => drop default-deny by -`,
    "expect counters.sessionsDenied=1",
  ],
  "ends silent sessions too": [
    ...OPEN,
    ...SSH,
    "load no-web",
    "wait 1ms",
    "expect sessions.length=1 sessions.0.destinationPort=22 counters.sessionsDenied=1",
  ],
  "moves a session to the policy that permits it now": [
    ...OPEN,
    "load renamed",
    `${go} by all-out`,
    "expect policies.all-out.packets=1 policies.all-out.sessions=0",
  ],
  "keeps the counters of policies that stay": [
    ...OPEN,
    ...SSH,
    "load rejects-web",
    "expect policies.ssh-out.packets=1 policies.ssh-out.sessions=1 policies.no-more-web.packets=0",
  ],
  "changes timeouts of live sessions": [
    ...OPEN,
    "load faster",
    go,
    "expect sessions.0.timeout=600",
    "wait 610s",
    "expect sessions.length=0",
  ],
  "re-zones interfaces: a flow permitted between the new zones lives": [...OPEN, "load dmz-is-trust", go, back],
  "re-zones interfaces: answers are judged before the initiator speaks": [
    ...OPEN,
    "load dmz-is-trust",
    `wan: ${b} A seq=301 ack=101 len=5 => lan`,
    go,
  ],
  "re-zones interfaces: a flow not permitted between the new zones ends": [
    "lan: tcp 10.0.1.5:1000 > 10.0.20.5:80 S => dmz by web-out",
    "load dmz-is-trust",
    "dmz: tcp 10.0.20.5:80 > 10.0.1.5:1000 SA ack=1 => drop default-deny",
  ],
  "judges ICMP errors' sessions as well": [
    ...OPEN,
    "load no-web",
    `wan: icmp 203.0.113.9 > 10.0.1.5 3/1 quote(${a} S) => drop policy-deny`,
  ],
  "twice in a row": [...OPEN, "load same", "load renamed", `${go} by all-out`, back],
  "and back again: what was denied stays ended": [
    ...OPEN,
    "load no-web",
    "wait 1ms",
    "load same",
    `lan: ${a} A seq=101 ack=301 => drop tcp-no-session`,
  ],
  "denies a packet that waits for its neighbor": [
    "lan: tcp 10.0.1.5:1000 > 203.0.113.77:80 S => held",
    "expect counters.held=1",
    "load no-web => drop policy-deny",
    "expect counters.held=0 sessions.length=0",
  ],
  "lets a permitted packet wait on": [
    "lan: tcp 10.0.1.5:1000 > 203.0.113.77:80 S => held",
    "load same",
    "neighbor wan 203.0.113.77",
    "wait 2ms => wan",
  ],
});

table("sessions of the firewall itself", { configs }, {
  "to it: ended when hostInbound no longer allows them": [
    "lan: tcp 10.0.1.5:1000 > 10.0.1.1:22 S => host",
    "load no-ssh-here",
    "lan: tcp 10.0.1.5:1000 > 10.0.1.1:22 S => drop host-inbound",
    "expect sessions.length=0 counters.sessionsDenied=1",
  ],
  "to it: kept when it does": [
    "lan: icmp 10.0.1.5 > 10.0.1.1 echo id=5 => host",
    "load no-ssh-here",
    "host lan: icmp 10.0.1.1 > 10.0.1.5 echo-reply id=5 => lan",
    "lan: icmp 10.0.1.5 > 10.0.1.1 echo id=5 => host",
    "expect sessions.length=1 counters.sessionsDenied=0",
  ],
  "from it: kept whatever the policies say": [
    "host wan: tcp 203.0.113.2:5000 > 203.0.113.9:179 S => wan",
    "load nothing",
    "wan: tcp 203.0.113.9:179 > 203.0.113.2:5000 SA ack=1 => host",
    "expect sessions.length=1 counters.sessionsDenied=0",
  ],
});
