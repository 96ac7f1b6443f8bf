// SPDX-License-Identifier: Apache-2.0
// Every metric of the agent: of itself, and of the worker whose shared memory it reads.
import { NODE_REASONS } from "../crds/conditions";
import { FW_MAX_CORES, FW_MAX_INTERFACES, FW_MAX_NAT_POOLS, FW_MAX_PORTS, fw_drop_values, fw_rx_mode_values, fw_rx_wake_values, fw_table_values, fw_worker_phase_values, type EnumValue } from "../node-agent/shm/layout.gen";
import { counter, gauge, oneOf, upTo } from "./define";

/** More policies than this are not made series, whatever --metrics-policies asks for. */
export const MOST_POLICIES = 1000;
/** Label of all policies together that have no series of their own; no policy can have this name. */
export const OTHER_POLICIES = "(others)";

const names = (values: readonly EnumValue[]): string[] => values.map(({ name }) => name);
const RX_MODES = names(fw_rx_mode_values);

const core = { core: upTo(FW_MAX_CORES, "CPU number of the datapath core.") };
const port = { port: upTo(FW_MAX_PORTS, "Name of the port in the FirewallConfig.") };
const iface = { interface: upTo(FW_MAX_INTERFACES, "Name of the interface in the FirewallConfig.") };
const table = { table: oneOf("The table, see limits.md.", names(fw_table_values)) };
const family = { family: oneOf("Address family.", ["ipv4", "ipv6"]) };
const pool = { pool: upTo(FW_MAX_NAT_POOLS, "Name of the NAT pool.") };
const policy = { policy: upTo(MOST_POLICIES + 1, `Name of one of the first policies, as many as \`--metrics-policies\` says (none by default); \`${OTHER_POLICIES}\`: the rest together.`) };

export const AGENT_METRICS = {
  portcullis_agent_info: gauge("1; the version is in the label.", { version: upTo(1, "Version of the agent.") }),
  portcullis_agent_ready: gauge("1: the worker forwards by the wanted program and all ports are up. 0: it does not, or no program is wanted."),
  portcullis_agent_problem: gauge("1 for the reason why the wanted program does not run; 0 for all others.", { reason: oneOf("As in conditions.md.", NODE_REASONS) }),
  portcullis_agent_stream_connected: gauge("1: connected to the operator. Always 0 without a cluster."),
  portcullis_agent_stream_connects_total: counter("Streams to the operator that were dialled."),
  portcullis_agent_program_info: gauge("1 while a program is wanted; it is in the labels.", { config: upTo(1, "Name of the FirewallConfig."), hash: upTo(1, "First twelve digits of the wanted program's SHA-256.") }),
  portcullis_agent_program_wanted_timestamp_seconds: gauge("When the wanted program came, Unix time. Absent while none is wanted."),
  portcullis_agent_program_accepted_timestamp_seconds: gauge("When the worker last accepted a program of this agent, Unix time. Absent until it has."),
  portcullis_agent_publish_timestamp_seconds: gauge("When a program was last written into shared memory, Unix time. Absent until one was."),
  portcullis_agent_worker_up: gauge("1: a worker runs and its shared memory can be read."),

  portcullis_worker_info: gauge("1; versions are in the labels.", { version: upTo(1, "Version of the worker."), dpdk: upTo(1, "Version of DPDK.") }),
  portcullis_worker_starts_total: counter("Starts of a worker since the state file was made."),
  portcullis_worker_start_timestamp_seconds: gauge("When the worker started, Unix time."),
  portcullis_worker_phase: gauge("1 for the phase that the worker is in, 0 for the others.", { phase: oneOf("Phase.", names(fw_worker_phase_values)) }),
  portcullis_worker_heartbeat_age_seconds: gauge("Time since the control thread's last sign of life."),
  portcullis_worker_core_heartbeat_age_seconds: gauge("Time since the core's last sign of life; there is one at least once a second.", core),
  portcullis_worker_core_busy_seconds_total: counter("Time of turns of the core's loop that found something to do; its rate is the share of the core that is used, also of a polling one.", core),
  portcullis_worker_core_packets_total: counter("Packets that the core received from ports and from the kernel.", core),
  portcullis_worker_core_sleeps_total: counter("Times that the core waited for an event.", core),
  portcullis_worker_core_sleep_seconds_total: counter("Time that the core waited for events; its rate is the share of the core that it leaves to others or to a saving state.", core),
  portcullis_worker_core_mode_switches_total: counter("Changes of the core between polling and sleeping in adaptive mode.", core),
  portcullis_worker_core_steered_packets_total: counter("Packets that the core gave to the one that owns their session.", core),
  portcullis_worker_rx_mode_info: gauge("1; how the core receives is in the labels.", { ...core, requested: { ...oneOf("Receive mode that was asked for.", RX_MODES), most: 1 }, effective: { ...oneOf("Receive mode in effect.", RX_MODES), most: 1 } }),
  portcullis_worker_state_replaced: gauge("1: this worker could not use the state file that it found; sessions and counters began anew."),
  portcullis_worker_state_discarded_total: counter("State files that were found damaged and replaced."),
  portcullis_worker_policy_epoch: gauge("Grows by one with every program that is accepted."),

  portcullis_worker_received_packets_total: counter("Packets from ports and from the kernel."),
  portcullis_worker_received_bytes_total: counter("Their bytes."),
  portcullis_worker_originated_packets_total: counter("Packets that the worker made itself: resets and ICMP errors."),
  portcullis_worker_forwarded_packets_total: counter("Packets sent to a port."),
  portcullis_worker_forwarded_bytes_total: counter("Their bytes."),
  portcullis_worker_punted_packets_total: counter("Packets given to the kernel, for the firewall itself."),
  portcullis_worker_consumed_packets_total: counter("Packets that were used up on purpose, such as ARP."),
  portcullis_worker_held_packets: gauge("Packets that wait for a neighbor."),
  portcullis_worker_dropped_packets_total: counter("Packets that were dropped, by reason.", { reason: oneOf("As in drop-reasons.md.", names(fw_drop_values).filter((name) => name !== "count")) }),
  portcullis_worker_steered_packets_total: counter("Packets given to the core that owns their session."),
  portcullis_worker_steered_in_packets_total: counter("Packets taken from other cores."),
  portcullis_worker_sleeps_total: counter("Times that a core waited for an event."),
  portcullis_worker_sleep_seconds_total: counter("Time that all cores together waited for events."),
  portcullis_worker_mode_switches_total: counter("Changes of cores between polling and sleeping in adaptive mode."),
  portcullis_worker_wakeups_total: counter("Waits that frames ended."),
  portcullis_worker_missed_wakeups_total: counter("Times that frames waited at a port whose interrupts were armed, and none came."),
  portcullis_worker_busy_seconds_total: counter("Busy time of all cores together, see portcullis_worker_core_busy_seconds_total."),
  portcullis_worker_errors_limited_total: counter("Resets and ICMP errors that were not sent because of their rate limit."),
  portcullis_worker_programs_accepted_total: counter("Programs that the worker accepted."),
  portcullis_worker_programs_refused_total: counter("Programs that the worker refused."),

  portcullis_worker_sessions: gauge("Sessions.", family),
  portcullis_worker_sessions_opened_total: counter("Sessions that were opened."),
  portcullis_worker_sessions_closed_total: counter("Sessions that ended by their protocol."),
  portcullis_worker_sessions_expired_total: counter("Sessions that ended by their idle timeout."),
  portcullis_worker_sessions_denied_total: counter("Sessions that ended because a new configuration denies them."),
  portcullis_worker_sessions_untranslated_total: counter("Sessions that ended because what they were translated by is gone."),
  portcullis_worker_sessions_recovered_total: counter("Sessions taken over from an earlier worker."),
  portcullis_worker_sessions_discarded_total: counter("Sessions found damaged at that, and not used."),

  portcullis_worker_table_entries: gauge("Entries in use.", table),
  portcullis_worker_table_capacity: gauge("How many there can be.", table),
  portcullis_worker_table_high_water: gauge("Most entries since the worker started.", table),
  portcullis_worker_table_refused_total: counter("Entries that were refused because the table, or a share of it, was full.", table),

  portcullis_worker_port_up: gauge("1: the port is up. 0: it is down or absent.", port),
  portcullis_worker_port_receive_packets_total: counter("Packets received.", port),
  portcullis_worker_port_receive_bytes_total: counter("Bytes received.", port),
  portcullis_worker_port_transmit_packets_total: counter("Packets sent.", port),
  portcullis_worker_port_transmit_bytes_total: counter("Bytes sent.", port),
  portcullis_worker_port_missed_packets_total: counter("Packets that were lost before the worker could read them.", port),
  portcullis_worker_port_wakeups_total: counter("Rx interrupts that came; 0 for kernel devices, which have none.", port),
  portcullis_worker_port_missed_wakeups_total: counter("Times that frames waited although interrupts were armed, and none came.", port),
  portcullis_worker_port_rx_mode_info: gauge("1; how the port waits for packets is in the labels.", {
    ...port, requested: { ...oneOf("Receive mode that was asked for.", RX_MODES), most: 1 }, effective: { ...oneOf("Receive mode in effect.", RX_MODES), most: 1 },
    wake: { ...oneOf("How it wakes a core, see rx-modes.md.", names(fw_rx_wake_values)), most: 1 },
  }),
  portcullis_worker_interface_receive_packets_total: counter("Packets received.", iface),
  portcullis_worker_interface_receive_bytes_total: counter("Bytes received.", iface),
  portcullis_worker_interface_transmit_packets_total: counter("Packets sent.", iface),
  portcullis_worker_interface_transmit_bytes_total: counter("Bytes sent.", iface),
  portcullis_worker_interface_punted_packets_total: counter("Packets given to the kernel.", iface),
  portcullis_worker_interface_from_host_packets_total: counter("Packets taken from the kernel.", iface),

  portcullis_worker_nat_pool_endpoints: gauge("Addresses times ports of the pool. One endpoint serves several sessions when these go to different remote ends.", pool),
  portcullis_worker_nat_pool_sessions: gauge("Sessions whose source is translated to the pool; counted at most once a minute.", pool),

  portcullis_worker_policy_sessions_total: counter("Sessions that the policy opened.", policy),
  portcullis_worker_policy_packets_total: counter("Packets of its sessions in both directions, or denied by it.", policy),
  portcullis_worker_policy_bytes_total: counter("Their bytes.", policy),
};
