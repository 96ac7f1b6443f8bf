// SPDX-License-Identifier: Apache-2.0
import { table } from "./support/table";

const config = `
policies:
- {name: out, from: [trust], action: Permit}
- {name: dmz-guest, from: [dmz], to: [guest], action: Permit}
- {name: refuse, from: [guest], to: [dmz], action: Reject}
`;
const syn = "tcp 10.0.1.5:1000 > 10.0.20.5:80 S";

table("802.1Q", { config }, {
  "a tag is put on towards a VLAN": [`lan: ${syn} => dmz`],
  "a tag is taken off on the way back": [
    `lan: ${syn} => dmz`,
    "dmz: tcp 10.0.20.5:80 > 10.0.1.5:1000 SA ack=1 => lan",
  ],
  "from VLAN to VLAN on one port the tag changes": ["dmz: udp 10.0.20.5:9 > 10.0.30.5:9 => guest"],
  "a tag in the descriptor is the same as one in the frame": ["dmz: udp 10.0.20.5:9 > 10.0.30.5:9 tag=stripped => guest"],
  "an unconfigured VLAN is dropped": ["dmz: udp 10.0.20.5:9 > 10.0.30.5:9 tag=99 => drop vlan-unknown"],
  "an untagged frame on a port with VLANs only is dropped": [
    "dmz: udp 10.0.20.5:9 > 10.0.30.5:9 tag=none => drop vlan-unknown",
  ],
  "a tagged frame on an untagged port is dropped": [`lan: ${syn} tag=20 => drop vlan-unknown`],
  "VLAN 0 is a priority tag: untagged": [`lan: ${syn} tag=0 => dmz`],
  "a priority tag keeps its priority": [`lan: ${syn} tag=0 pcp=5 => dmz`],
  "the priority survives from VLAN to VLAN": ["dmz: udp 10.0.20.5:9 > 10.0.30.5:9 pcp=6 => guest"],
  "the priority survives from the descriptor": ["dmz: udp 10.0.20.5:9 > 10.0.30.5:9 tag=stripped pcp=3 => guest"],
  "VLAN 4095 belongs to nobody": ["dmz: udp 10.0.20.5:9 > 10.0.30.5:9 tag=4095 => drop vlan-unknown"],
  "a port that does not exist": ["host wan: udp 203.0.113.2:5 > 203.0.113.9:5 row=99 => drop vlan-unknown"],
  "what the kernel sends gets the tag": ["host dmz: udp 10.0.20.1:53 > 10.0.20.5:53 => dmz"],
  "what the kernel gets has no tag": ["guest: udp 10.0.30.5:53 > 10.0.30.1:53 => host"],
  "ARP loses its tag on the way to the kernel": ["dmz: arp 10.0.20.1 who-has 10.0.20.5 => host"],
  "a reset keeps VLAN and priority": [
    "guest: tcp 10.0.30.5:9 > 10.0.20.5:80 S seq=7 pcp=4 => drop policy-reject by refuse" +
      " & guest: tcp 10.0.20.5:80 > 10.0.30.5:9 RA ack=8 df pcp=4",
  ],
  "an ICMP error keeps the VLAN": [
    "guest: udp 10.0.30.5:9 > 10.0.20.5:80 => drop policy-reject by refuse" +
      " & guest: icmp 10.0.30.1 > 10.0.30.5 3/13 df quote(udp 10.0.30.5:9 > 10.0.20.5:80)",
  ],
});
