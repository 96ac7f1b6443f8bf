// SPDX-License-Identifier: Apache-2.0
// spec.flow: how connections are followed, and how long idle ones are kept.
import { durationMs, type Flow } from "../../crds/index";
import type { FlowRow } from "../../program/program";

export function compileFlow({ tcp, timeouts }: Flow): FlowRow {
  const seconds = (text: string): number => Math.floor(durationMs(text) / 1000);
  return {
    strictSyn: tcp.strictSyn,
    tcpWindow: tcp.window,
    timeoutsSeconds: {
      tcpHandshake: seconds(timeouts.tcpHandshake),
      tcpEstablished: seconds(timeouts.tcpEstablished),
      tcpClosing: seconds(timeouts.tcpClosing),
      tcpTimeWait: seconds(timeouts.tcpTimeWait),
      tcpClosed: seconds(timeouts.tcpClosed),
      udp: seconds(timeouts.udp),
      icmp: seconds(timeouts.icmp),
      other: seconds(timeouts.other),
    },
  };
}
