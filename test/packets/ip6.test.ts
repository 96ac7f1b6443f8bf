// SPDX-License-Identifier: Apache-2.0
import { table } from "./support/table";

const WEB = "tcp [2001:db8:1::5]:1000 > [2001:db8:f::9]:80 S";
const ENDS = "2001:db8:1::5 > 2001:db8:f::9";

table("IPv6 header", {}, {
  "a good packet passes": [`lan: ${WEB} => wan`],
  "version 4 under ethertype IPv6 is invalid": [`lan: ${WEB} ip@0=40 => drop ip-header-invalid`],
  "thirty-nine bytes are truncated": [`lan: ${WEB} cut=53 => drop ip-truncated`],
  "a payload length beyond the frame is truncated": [`lan: ${WEB} iplen=21 => drop ip-truncated`],
  "a payload length of 65535 is truncated": [`lan: ${WEB} iplen=65535 => drop ip-truncated`],
  "a payload length that hides the transport header": [`lan: ${WEB} iplen=19 => drop l4-truncated`],
  "padding is cut off": [`lan: ${WEB} pad=33 => wan`],
  "traffic class and flow label are kept": [`lan: ${WEB} ip@0=6b812345 => wan`],
  "no next header passes by address pair": [`lan: proto=59 ${ENDS} len=0 => wan`],
});

table("IPv6 extension headers", {}, {
  "hop-by-hop options are passed over": [`lan: ${WEB} ext=hop => wan`],
  "destination options are passed over": [`lan: ${WEB} ext=dst => wan`],
  "a segment routing header is passed over": [`lan: ${WEB} ext=rt4 => wan`],
  "an authentication header is passed over, counted in units of four": [`lan: ${WEB} ext=ah => wan`],
  "all of them in order": [`lan: ${WEB} ext=hop,dst,rt4,ah,dst => wan`],
  "eight are the limit": [
    `lan: ${WEB} ext=${new Array(8).fill("dst").join(",")} => wan`,
    `lan: ${WEB} ext=${new Array(9).fill("dst").join(",")} => drop extension-headers told 4/0 pointer=104`,
  ],
  "hop-by-hop comes first or not at all": [`lan: ${WEB} ext=dst,hop => drop extension-headers told 4/0 pointer=48`],
  "two hop-by-hop headers are one too many": [`lan: ${WEB} ext=hop,hop => drop extension-headers told 4/0 pointer=48`],
  "a header that reaches beyond the packet": [`lan: ${WEB} ext=long => drop extension-headers told 4/0 pointer=40`],
  "an authentication header shorter than itself": [`lan: ${WEB} ext=zero iplen=12 cut=66 => drop extension-headers told 4/0 pointer=40`],
  "a chain that ends in nothing": [`lan: proto=60 ${ENDS} len=0 => drop extension-headers told 4/0 pointer=40`],
  "a chain cut after seven bytes": [`lan: proto=60 ${ENDS} len=7 => drop extension-headers told 4/0 pointer=40`],
  "routing type 0 is a source route": [`lan: ${WEB} ext=rt0 => drop source-route`],
  "routing type 0 behind others is found": [`lan: ${WEB} ext=hop,dst,rt0 => drop source-route`],
  "a fragment's length is a multiple of eight": [`lan: ${WEB} ext=frag len=1 => drop fragment-invalid told 4/0 pointer=4`],
  "an atomic fragment is a whole packet": [`lan: ${WEB} ext=atomic => wan`, `lan: ${WEB} ext=atomic => wan`],
  "a fragment behind options": [`lan: ${WEB} len=12 ext=hop,dst,frag => wan`],
  "two fragment headers": [`lan: ${WEB} ext=atomic,atomic => drop extension-headers told 4/0 pointer=48`],
  "the session does not depend on the headers": [
    `lan: ${WEB} ext=hop,dst => wan`,
    "wan: tcp [2001:db8:f::9]:80 > [2001:db8:1::5]:1000 SA ack=1 ext=dst => lan",
    "lan: tcp [2001:db8:1::5]:1000 > [2001:db8:f::9]:80 A seq=1 ack=1 => wan",
    "expect sessions.0.state=established sessions.length=1",
  ],
  "policies see the transport protocol, not the first header": [
    "wan: tcp [2001:db8:f::9]:1000 > [2001:db8:20::5]:80 S ext=hop,dst => drop default-deny by -",
  ],
});
