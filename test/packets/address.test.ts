// SPDX-License-Identifier: Apache-2.0
// Addresses that no packet on a wire may have.
import { table } from "./support/table";

const to4 = "203.0.113.9:53";
const to6 = "[2001:db8:f::9]:53";

table("source addresses", {}, {
  "unspecified": [`lan: udp 0.0.0.0:53 > ${to4} => drop source-invalid`],
  "this network": [`lan: udp 0.1.2.3:53 > ${to4} => drop source-invalid`],
  "loopback": [`lan: udp 127.0.0.1:53 > ${to4} => drop source-invalid`],
  "multicast": [`lan: udp 224.0.0.5:53 > ${to4} => drop source-invalid`],
  "broadcast": [`lan: udp 255.255.255.255:53 > ${to4} => drop source-invalid`],
  "the firewall's own, of the ingress interface": [`lan: udp 10.0.1.1:53 > ${to4} => drop source-invalid`],
  "the firewall's own, of another interface": [`lan: udp 203.0.113.2:53 > ${to4} => drop source-invalid`],
  "equal to the destination": ["lan: udp 203.0.113.9:53 > 203.0.113.9:53 => drop source-invalid"],
  "IPv6 unspecified": [`lan: udp [::]:53 > ${to6} => drop source-invalid`],
  "IPv6 loopback": [`lan: udp [::1]:53 > ${to6} => drop source-invalid`],
  "IPv6 multicast": [`lan: udp [ff02::1]:53 > ${to6} => drop source-invalid`],
  "IPv4-mapped": [`lan: udp [::ffff:a00:105]:53 > ${to6} => drop source-invalid`],
  "IPv6, the firewall's own": [`lan: udp [2001:db8:1::1]:53 > ${to6} => drop source-invalid`],
  "IPv6 link-local does not leave its link": [`lan: udp [fe80::5]:53 > ${to6} => drop source-invalid`],
  "a firewall's own address with a session is no pass": [
    "host wan: udp 203.0.113.2:5000 > 203.0.113.9:53 => wan",
    "wan: udp 203.0.113.2:5000 > 203.0.113.9:53 => drop source-invalid",
    "wan: udp 203.0.113.9:53 > 203.0.113.2:5000 => host",
  ],
});

table("destination addresses", {}, {
  "unspecified": ["lan: udp 10.0.1.5:53 > 0.0.0.0:53 => drop destination-invalid"],
  "loopback": ["lan: udp 10.0.1.5:53 > 127.0.0.1:53 => drop destination-invalid"],
  "IPv6 unspecified": ["lan: udp [2001:db8:1::5]:53 > [::]:53 => drop destination-invalid"],
  "IPv6 loopback": ["lan: udp [2001:db8:1::5]:53 > [::1]:53 => drop destination-invalid"],
  "IPv4-mapped": ["lan: udp [2001:db8:1::5]:53 > [::ffff:cb00:7109]:53 => drop destination-invalid"],
  "multicast is not forwarded": ["lan: udp 10.0.1.5:53 > 239.1.2.3:53 => drop multicast"],
  "broadcast is not forwarded": ["lan: udp 10.0.1.5:53 > 255.255.255.255:53 => drop multicast"],
  "IPv6 multicast is not forwarded": ["lan: udp [2001:db8:1::5]:53 > [ff0e::1]:53 => drop multicast"],
  "a subnet's broadcast is not forwarded": ["lan: udp 10.0.1.5:53 > 10.0.20.255:53 => drop multicast"],
  "a subnet's all-zero address is not forwarded": ["lan: udp 10.0.1.5:53 > 10.0.20.0:53 => drop multicast"],
  "a unicast packet in a broadcast frame is not forwarded": [
    `lan: udp 10.0.1.5:53 > ${to4} dmac=ff:ff:ff:ff:ff:ff => drop multicast`,
  ],
});
