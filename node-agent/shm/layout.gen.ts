// SPDX-License-Identifier: Apache-2.0
// Generated from worker/shm/layout.h by worker/shm/layout_gen.ts. Do not edit.

export const FW_LAYOUT_HASH = 0xb5842f6feef05c3cn;

/** A value of an enum: its name in kebab-case without the common prefix, and the comment behind it. */
export interface EnumValue {
  readonly value: number;
  readonly name: string;
  readonly text: string;
}

export type Scalar = "u8" | "u16" | "u32" | "u64" | "char";

/** type is a Scalar or the name of a struct; count is present for arrays. */
export interface Field {
  readonly offset: number;
  readonly type: string;
  readonly count?: number;
}

export interface Struct {
  readonly size: number;
  readonly fields: Readonly<Record<string, Field>>;
}

export const FW_LAYOUT_VERSION = 1;
export const FW_RECORDS_VERSION = 1;
export const FW_CONTROL_MAGIC = 0x3154434c4c555450n;
export const FW_PROGRAM_MAGIC = 0x3147504c4c555450n;
export const FW_STATE_MAGIC = 0x3154534c4c555450n;
export const FW_SESSION_VALID = 1397052243;
export const FW_NO_INDEX = 0xffffffff;
export const FW_NAME_SIZE = 64;
export const FW_IFNAME_SIZE = 16;
export const FW_HASH_SIZE = 32;
export const FW_MESSAGE_SIZE = 256;
export const FW_VERSION_SIZE = 32;
export const FW_MAX_PORTS = 16;
export const FW_MAX_INTERFACES = 256;
export const FW_MAX_ZONES = 64;
export const FW_MAX_ADDRESS_SETS = 16384;
export const FW_MAX_PREFIXES = 262144;
export const FW_MAX_APPLICATIONS = 4096;
export const FW_MAX_PORT_RANGES = 65536;
export const FW_MAX_POLICIES = 16384;
export const FW_MAX_REFS = 1048576;
export const FW_MAX_ROUTES = 16384;
export const FW_MAX_NEXT_HOPS = 32768;
export const FW_MAX_NEXT_HOPS_PER_ROUTE = 16;
export const FW_MAX_NEIGHBORS = 4096;
export const FW_MAX_LEARNED_NEIGHBORS = 16384;
export const FW_MAX_VRF = 65535;
export const FW_MAX_INTERFACE_ADDRESSES = 1024;
export const FW_MAX_BANK_SIZE = 67108864;
export const FW_MAX_SESSIONS = 16777216;
export const FW_MAX_CORES = 16;
export const FW_MAX_SCHEDULES = 256;
export const FW_MAX_SCHEDULE_WINDOWS = 4096;
export const FW_MAX_NAT_POOLS = 256;
export const FW_MAX_NAT_RANGES = 4096;
export const FW_MAX_NAT_SUBSCRIBERS = 4096;
export const FW_MAX_NAT_SOURCE_RULES = 4096;
export const FW_MAX_NAT_DESTINATION_RULES = 4096;
export const FW_MAX_NAT_STATIC_RULES = 4096;
export const FW_MAX_BINDINGS = 4194304;
export const FW_MAX_FRAGMENTS = 65536;
export const FW_MAX_HELD_PACKETS = 4096;
export const FW_TIMEOUT_COUNT = 16;
export const FW_HOP_NONE = 65535;
export const FW_HOP_HOST = 65534;
export const FW_ZONE_SELF = 255;
export const FW_POLICY_NONE = 65535;

export const fw_action = {
  FW_ACTION_PERMIT: 1,
  FW_ACTION_DENY: 2,
  FW_ACTION_REJECT: 3,
} as const;
export const fw_action_values: readonly EnumValue[] = [
  { value: 1, name: "permit", text: "" },
  { value: 2, name: "deny", text: "" },
  { value: 3, name: "reject", text: "" },
];

export const fw_port_kind = {
  FW_PORT_TAP: 1,
  FW_PORT_KERNEL_INTERFACE: 2,
  FW_PORT_PCI: 3,
  FW_PORT_VDEV: 4,
  FW_PORT_VHOST_USER: 5,
  FW_PORT_VIRTIO_USER: 6,
} as const;
export const fw_port_kind_values: readonly EnumValue[] = [
  { value: 1, name: "tap", text: "" },
  { value: 2, name: "kernel-interface", text: "" },
  { value: 3, name: "pci", text: "" },
  { value: 4, name: "vdev", text: "" },
  { value: 5, name: "vhost-user", text: "the device's side of a vhost-user socket" },
  { value: 6, name: "virtio-user", text: "the driver's side" },
];

export const fw_timeout = {
  FW_TIMEOUT_TCP_HANDSHAKE: 0,
  FW_TIMEOUT_TCP_ESTABLISHED: 1,
  FW_TIMEOUT_TCP_CLOSING: 2,
  FW_TIMEOUT_TCP_TIME_WAIT: 3,
  FW_TIMEOUT_TCP_CLOSED: 4,
  FW_TIMEOUT_UDP: 5,
  FW_TIMEOUT_ICMP: 6,
  FW_TIMEOUT_OTHER: 7,
} as const;
export const fw_timeout_values: readonly EnumValue[] = [
  { value: 0, name: "tcp-handshake", text: "until the connection is established" },
  { value: 1, name: "tcp-established", text: "" },
  { value: 2, name: "tcp-closing", text: "one or both sides have sent FIN" },
  { value: 3, name: "tcp-time-wait", text: "" },
  { value: 4, name: "tcp-closed", text: "after a reset" },
  { value: 5, name: "udp", text: "" },
  { value: 6, name: "icmp", text: "" },
  { value: 7, name: "other", text: "" },
];

export const fw_tcp_window = {
  FW_TCP_WINDOW_STRICT: 1,
  FW_TCP_WINDOW_LIBERAL: 2,
} as const;
export const fw_tcp_window_values: readonly EnumValue[] = [
  { value: 1, name: "strict", text: "" },
  { value: 2, name: "liberal", text: "" },
];

export const fw_source_check = {
  FW_SOURCE_OFF: 0,
  FW_SOURCE_LOOSE: 1,
  FW_SOURCE_STRICT: 2,
} as const;
export const fw_source_check_values: readonly EnumValue[] = [
  { value: 0, name: "off", text: "" },
  { value: 1, name: "loose", text: "" },
  { value: 2, name: "strict", text: "" },
];

export const fw_route_type = {
  FW_ROUTE_UNICAST: 0,
  FW_ROUTE_BLACKHOLE: 1,
  FW_ROUTE_UNREACHABLE: 2,
  FW_ROUTE_PROHIBIT: 3,
} as const;
export const fw_route_type_values: readonly EnumValue[] = [
  { value: 0, name: "unicast", text: "" },
  { value: 1, name: "blackhole", text: "drop silently" },
  { value: 2, name: "unreachable", text: "drop, host unreachable" },
  { value: 3, name: "prohibit", text: "drop, administratively prohibited" },
];

export const fw_nat_source_action = {
  FW_NAT_OFF: 1,
  FW_NAT_INTERFACE: 2,
  FW_NAT_POOL: 3,
} as const;
export const fw_nat_source_action_values: readonly EnumValue[] = [
  { value: 1, name: "off", text: "" },
  { value: 2, name: "interface", text: "" },
  { value: 3, name: "pool", text: "" },
];

export const fw_nat_filtering = {
  FW_NAT_FILTER_ADDRESS_PORT: 0,
  FW_NAT_FILTER_ENDPOINT_INDEPENDENT: 1,
} as const;
export const fw_nat_filtering_values: readonly EnumValue[] = [
  { value: 0, name: "address-port", text: "" },
  { value: 1, name: "endpoint-independent", text: "" },
];

export const fw_rx_mode = {
  FW_RX_POLLING: 1,
  FW_RX_ADAPTIVE: 2,
  FW_RX_INTERRUPT: 3,
} as const;
export const fw_rx_mode_values: readonly EnumValue[] = [
  { value: 1, name: "polling", text: "" },
  { value: 2, name: "adaptive", text: "" },
  { value: 3, name: "interrupt", text: "" },
];

export const fw_service = {
  FW_SERVICE_ALL: 0,
  FW_SERVICE_PING: 1,
  FW_SERVICE_SSH: 2,
  FW_SERVICE_HTTP: 3,
  FW_SERVICE_HTTPS: 4,
  FW_SERVICE_DNS: 5,
  FW_SERVICE_DHCP: 6,
  FW_SERVICE_DHCPV6: 7,
  FW_SERVICE_NTP: 8,
  FW_SERVICE_SNMP: 9,
  FW_SERVICE_SYSLOG: 10,
  FW_SERVICE_TRACEROUTE: 11,
  FW_SERVICE_BGP: 12,
  FW_SERVICE_BFD: 13,
  FW_SERVICE_OSPF: 14,
  FW_SERVICE_VRRP: 15,
} as const;
export const fw_service_values: readonly EnumValue[] = [
  { value: 0, name: "all", text: "every protocol" },
  { value: 1, name: "ping", text: "ICMP and ICMPv6 echo request" },
  { value: 2, name: "ssh", text: "TCP 22" },
  { value: 3, name: "http", text: "TCP 80" },
  { value: 4, name: "https", text: "TCP 443" },
  { value: 5, name: "dns", text: "UDP and TCP 53" },
  { value: 6, name: "dhcp", text: "UDP 67 and 68, IPv4" },
  { value: 7, name: "dhcpv6", text: "UDP 546 and 547, IPv6" },
  { value: 8, name: "ntp", text: "UDP 123" },
  { value: 9, name: "snmp", text: "UDP 161" },
  { value: 10, name: "syslog", text: "UDP 514" },
  { value: 11, name: "traceroute", text: "UDP 33434-33523" },
  { value: 12, name: "bgp", text: "TCP 179" },
  { value: 13, name: "bfd", text: "UDP 3784, 3785 and 4784" },
  { value: 14, name: "ospf", text: "IP protocol 89" },
  { value: 15, name: "vrrp", text: "IP protocol 112" },
];

export const fw_drop = {
  FW_DROP_NO_GENERATION: 0,
  FW_DROP_FRAME_TRUNCATED: 1,
  FW_DROP_VLAN_UNKNOWN: 2,
  FW_DROP_NOT_FOR_US: 3,
  FW_DROP_ETHERTYPE_UNSUPPORTED: 4,
  FW_DROP_IP_HEADER_INVALID: 5,
  FW_DROP_IP_TRUNCATED: 6,
  FW_DROP_IP_CHECKSUM_BAD: 7,
  FW_DROP_SOURCE_INVALID: 8,
  FW_DROP_DESTINATION_INVALID: 9,
  FW_DROP_SOURCE_ROUTE: 10,
  FW_DROP_EXTENSION_HEADERS: 11,
  FW_DROP_FRAGMENT_DUPLICATE: 12,
  FW_DROP_L4_TRUNCATED: 13,
  FW_DROP_L4_INVALID: 14,
  FW_DROP_TCP_FLAGS_INVALID: 15,
  FW_DROP_TCP_NO_SESSION: 16,
  FW_DROP_TCP_STATE: 17,
  FW_DROP_ICMP_NO_SESSION: 18,
  FW_DROP_SESSION_INTERFACE: 19,
  FW_DROP_SESSION_TABLE_FULL: 20,
  FW_DROP_POLICY_DENY: 21,
  FW_DROP_POLICY_REJECT: 22,
  FW_DROP_DEFAULT_DENY: 23,
  FW_DROP_DEFAULT_REJECT: 24,
  FW_DROP_HOST_INBOUND: 25,
  FW_DROP_MULTICAST: 26,
  FW_DROP_TTL_EXPIRED: 27,
  FW_DROP_NO_ROUTE: 28,
  FW_DROP_ROUTE_BLACKHOLE: 29,
  FW_DROP_NEIGHBOR_UNRESOLVED: 30,
  FW_DROP_NEIGHBOR_QUEUE_FULL: 31,
  FW_DROP_MTU_EXCEEDED: 32,
  FW_DROP_PORT_DOWN: 33,
  FW_DROP_TX_FULL: 34,
  FW_DROP_NO_BUFFER: 35,
  FW_DROP_HOST_QUEUE_FULL: 36,
  FW_DROP_FRAME_OVERSIZED: 37,
  FW_DROP_TCP_WINDOW: 38,
  FW_DROP_HALF_OPEN_LIMIT: 39,
  FW_DROP_SOURCE_CHECK: 40,
  FW_DROP_ROUTE_UNREACHABLE: 41,
  FW_DROP_ROUTE_PROHIBIT: 42,
  FW_DROP_NAT_EXHAUSTED: 43,
  FW_DROP_NAT_NO_ADDRESS: 44,
  FW_DROP_NAT_BINDINGS_FULL: 45,
  FW_DROP_NAT_FILTERED: 46,
  FW_DROP_FRAGMENT_INVALID: 47,
  FW_DROP_FRAGMENT_TINY: 48,
  FW_DROP_FRAGMENT_OVERLAP: 49,
  FW_DROP_FRAGMENT_TABLE_FULL: 50,
  FW_DROP_FRAGMENT_SOURCE_LIMIT: 51,
  FW_DROP_FRAGMENT_TIMEOUT: 52,
  FW_DROP_FRAGMENT_DENIED: 53,
  FW_DROP_STEER_QUEUE_FULL: 54,
  FW_DROP_ICMP_ERROR_INVALID: 55,
  FW_DROP_COUNT: 56,
} as const;
export const fw_drop_values: readonly EnumValue[] = [
  { value: 0, name: "no-generation", text: "No configuration has been accepted yet; everything is dropped." },
  { value: 1, name: "frame-truncated", text: "The frame is shorter than its Ethernet or VLAN header." },
  { value: 2, name: "vlan-unknown", text: "No interface is configured for this port and VLAN." },
  { value: 3, name: "not-for-us", text: "The destination MAC address is another station's." },
  { value: 4, name: "ethertype-unsupported", text: "Neither IPv4, IPv6 nor ARP." },
  { value: 5, name: "ip-header-invalid", text: "Wrong version, header length or total length." },
  { value: 6, name: "ip-truncated", text: "The IP length exceeds the bytes received." },
  { value: 7, name: "ip-checksum-bad", text: "The IPv4 header checksum is wrong." },
  { value: 8, name: "source-invalid", text: "The source is unspecified, loopback, multicast, broadcast or our own." },
  { value: 9, name: "destination-invalid", text: "The destination is unspecified or loopback." },
  { value: 10, name: "source-route", text: "IPv4 source routing (RFC 7126) or an IPv6 type 0 routing header (RFC 5095)." },
  { value: 11, name: "extension-headers", text: "IPv6 extension headers are malformed, out of order or too many." },
  { value: 12, name: "fragment-duplicate", text: "A copy of a fragment that came before." },
  { value: 13, name: "l4-truncated", text: "The transport header does not fit into the packet." },
  { value: 14, name: "l4-invalid", text: "The transport header is malformed: data offset, length or port 0." },
  { value: 15, name: "tcp-flags-invalid", text: "An impossible combination of TCP flags." },
  { value: 16, name: "tcp-no-session", text: "A TCP segment without SYN that belongs to no session." },
  { value: 17, name: "tcp-state", text: "A TCP segment that the state of its session does not allow." },
  { value: 18, name: "icmp-no-session", text: "An ICMP reply or error that belongs to no session." },
  { value: 19, name: "session-interface", text: "A packet of a session that came in through another zone." },
  { value: 20, name: "session-table-full", text: "No room for a new session." },
  { value: 21, name: "policy-deny", text: "A policy with action Deny matched." },
  { value: 22, name: "policy-reject", text: "A policy with action Reject matched." },
  { value: 23, name: "default-deny", text: "No policy matched and the default action is Deny." },
  { value: 24, name: "default-reject", text: "No policy matched and the default action is Reject." },
  { value: 25, name: "host-inbound", text: "For the firewall itself, but the zone's hostInbound does not allow it." },
  { value: 26, name: "multicast", text: "Multicast and broadcast are not forwarded." },
  { value: 27, name: "ttl-expired", text: "The TTL or hop limit ran out." },
  { value: 28, name: "no-route", text: "No route to the destination." },
  { value: 29, name: "route-blackhole", text: "The route is a blackhole." },
  { value: 30, name: "neighbor-unresolved", text: "The next hop did not answer ARP or neighbor discovery in time." },
  { value: 31, name: "neighbor-queue-full", text: "Too many packets wait for a next hop." },
  { value: 32, name: "mtu-exceeded", text: "Larger than the egress MTU." },
  { value: 33, name: "port-down", text: "The egress port is down or gone." },
  { value: 34, name: "tx-full", text: "The egress port took no more packets." },
  { value: 35, name: "no-buffer", text: "No packet buffer was free." },
  { value: 36, name: "host-queue-full", text: "The kernel did not take the packet for the firewall itself." },
  { value: 37, name: "frame-oversized", text: "A frame larger than a packet buffer that could not be segmented." },
  { value: 38, name: "tcp-window", text: "A TCP segment outside the window of its connection." },
  { value: 39, name: "half-open-limit", text: "The zone has as many half-open TCP connections as it may have." },
  { value: 40, name: "source-check", text: "The route to the source does not lead back to where the packet came from." },
  { value: 41, name: "route-unreachable", text: "The route is of type unreachable." },
  { value: 42, name: "route-prohibit", text: "The route is of type prohibit." },
  { value: 43, name: "nat-exhausted", text: "Source NAT has no free address and port for a new flow." },
  { value: 44, name: "nat-no-address", text: "Source NAT by interface address, and the egress interface has none." },
  { value: 45, name: "nat-bindings-full", text: "The table of NAT bindings is full." },
  { value: 46, name: "nat-filtered", text: "To a NAT binding, from an endpoint that it does not accept." },
  { value: 47, name: "fragment-invalid", text: "A fragment that cannot be: offset, length, or of neighbor discovery (RFC 6980)." },
  { value: 48, name: "fragment-tiny", text: "A first fragment without the whole transport header, or one that could hide it (RFC 1858)." },
  { value: 49, name: "fragment-overlap", text: "Fragments of one datagram overlap (RFC 5722)." },
  { value: 50, name: "fragment-table-full", text: "Too many datagrams are being reassembled, or too many fragments wait." },
  { value: 51, name: "fragment-source-limit", text: "Too many datagrams of one source are being reassembled." },
  { value: 52, name: "fragment-timeout", text: "The first fragment of a datagram did not come in time." },
  { value: 53, name: "fragment-denied", text: "A fragment of a datagram whose first fragment was dropped." },
  { value: 54, name: "steer-queue-full", text: "The core that owns the session took no more packets." },
  { value: 55, name: "icmp-error-invalid", text: "An ICMP error that quotes no packet, or one that cannot be read." },
];

export const fw_command_kind = {
  FW_COMMAND_NONE: 0,
  FW_COMMAND_CLEAR_SESSIONS: 1,
} as const;
export const fw_command_kind_values: readonly EnumValue[] = [
  { value: 0, name: "none", text: "" },
  { value: 1, name: "clear-sessions", text: "ends every session that the filter selects" },
];

export const fw_filter_nat = {
  FW_FILTER_NAT_ANY: 0,
  FW_FILTER_NAT_TRANSLATED: 1,
  FW_FILTER_NAT_UNTRANSLATED: 2,
} as const;
export const fw_filter_nat_values: readonly EnumValue[] = [
  { value: 0, name: "any", text: "" },
  { value: 1, name: "translated", text: "" },
  { value: 2, name: "untranslated", text: "" },
];

export const fw_worker_phase = {
  FW_PHASE_STARTING: 1,
  FW_PHASE_NO_GENERATION: 2,
  FW_PHASE_FORWARDING: 3,
  FW_PHASE_STOPPING: 4,
} as const;
export const fw_worker_phase_values: readonly EnumValue[] = [
  { value: 1, name: "starting", text: "attaching, no packets yet" },
  { value: 2, name: "no-generation", text: "runs and drops everything" },
  { value: 3, name: "forwarding", text: "" },
  { value: 4, name: "stopping", text: "" },
];

export const fw_verdict = {
  FW_VERDICT_NONE: 0,
  FW_VERDICT_ACCEPTED: 1,
  FW_VERDICT_REFUSED_LAYOUT: 2,
  FW_VERDICT_REFUSED_ROW: 3,
  FW_VERDICT_REFUSED_RESOURCES: 4,
  FW_VERDICT_REFUSED_PORT: 5,
} as const;
export const fw_verdict_values: readonly EnumValue[] = [
  { value: 0, name: "none", text: "" },
  { value: 1, name: "accepted", text: "" },
  { value: 2, name: "refused-layout", text: "magic, version, size or checksum" },
  { value: 3, name: "refused-row", text: "a row or field is invalid" },
  { value: 4, name: "refused-resources", text: "memory, or a value that needs a restart of the worker" },
  { value: 5, name: "refused-port", text: "a port could not be opened" },
];

export const fw_table = {
  FW_TABLE_SESSIONS4: 0,
  FW_TABLE_SESSIONS6: 1,
  FW_TABLE_HALF_OPEN: 2,
  FW_TABLE_BINDINGS: 3,
  FW_TABLE_FRAGMENTS: 4,
  FW_TABLE_FRAGMENTS_HELD: 5,
  FW_TABLE_HELD: 6,
  FW_TABLE_NEIGHBORS: 7,
  FW_TABLE_ROUTES4: 8,
  FW_TABLE_ROUTES6: 9,
  FW_TABLE_ERRORS: 10,
  FW_TABLE_COUNT: 11,
} as const;
export const fw_table_values: readonly EnumValue[] = [
  { value: 0, name: "sessions4", text: "" },
  { value: 1, name: "sessions6", text: "" },
  { value: 2, name: "half-open", text: "" },
  { value: 3, name: "bindings", text: "" },
  { value: 4, name: "fragments", text: "datagrams" },
  { value: 5, name: "fragments-held", text: "packets that wait for a first fragment" },
  { value: 6, name: "held", text: "packets that wait for a neighbor" },
  { value: 7, name: "neighbors", text: "" },
  { value: 8, name: "routes4", text: "" },
  { value: 9, name: "routes6", text: "" },
  { value: 10, name: "errors", text: "ICMP errors and resets sent in the last second" },
];

export const fw_port_state = {
  FW_PORT_ABSENT: 0,
  FW_PORT_DOWN: 1,
  FW_PORT_UP: 2,
} as const;
export const fw_port_state_values: readonly EnumValue[] = [
  { value: 0, name: "absent", text: "" },
  { value: 1, name: "down", text: "" },
  { value: 2, name: "up", text: "" },
];

export const fw_spread = {
  FW_SPREAD_NONE: 0,
  FW_SPREAD_DEVICE: 1,
  FW_SPREAD_OWNER: 2,
} as const;
export const fw_spread_values: readonly EnumValue[] = [
  { value: 0, name: "none", text: "one core reads it, and passes on what others own" },
  { value: 1, name: "device", text: "several cores, a queue each; the device spreads in its own way, and cores pass on what others own" },
  { value: 2, name: "owner", text: "every core, a queue each; the device brings TCP and UDP to the core that owns the session" },
];

export const fw_rx_wake = {
  FW_WAKE_NONE: 0,
  FW_WAKE_DESCRIPTOR: 1,
  FW_WAKE_REFUSED: 2,
  FW_WAKE_UNTRIED: 3,
  FW_WAKE_ACCEPTED: 4,
  FW_WAKE_DELIVERED: 5,
  FW_WAKE_SILENT: 6,
} as const;
export const fw_rx_wake_values: readonly EnumValue[] = [
  { value: 0, name: "none", text: "the port is absent" },
  { value: 1, name: "descriptor", text: "the descriptor of a kernel device" },
  { value: 2, name: "refused", text: "the driver has no rx interrupts, or refused to arm them" },
  { value: 3, name: "untried", text: "the port has not been up since it was opened" },
  { value: 4, name: "accepted", text: "the driver armed them; none has come yet" },
  { value: 5, name: "delivered", text: "an interrupt has come" },
  { value: 6, name: "silent", text: "armed, and frames waited several times in a row without one: the port is polled" },
];

export const fw_tcp_state = {
  FW_TCP_NONE: 0,
  FW_TCP_SYN_SENT: 1,
  FW_TCP_SYN_RECEIVED: 2,
  FW_TCP_ESTABLISHED: 3,
  FW_TCP_FIN_WAIT: 4,
  FW_TCP_CLOSING: 5,
  FW_TCP_TIME_WAIT: 6,
  FW_TCP_CLOSED: 7,
  FW_TCP_CLOSE_WAIT: 8,
} as const;
export const fw_tcp_state_values: readonly EnumValue[] = [
  { value: 0, name: "none", text: "not TCP" },
  { value: 1, name: "syn-sent", text: "" },
  { value: 2, name: "syn-received", text: "" },
  { value: 3, name: "established", text: "" },
  { value: 4, name: "fin-wait", text: "the initiator has sent FIN" },
  { value: 5, name: "closing", text: "both sides have sent FIN" },
  { value: 6, name: "time-wait", text: "" },
  { value: 7, name: "closed", text: "reset" },
  { value: 8, name: "close-wait", text: "the responder has sent FIN" },
];

export const fw_session_flag = {
  FW_SESSION_FROM_HOST: 1,
  FW_SESSION_TO_HOST: 2,
} as const;
export const fw_session_flag_values: readonly EnumValue[] = [
  { value: 1, name: "from-host", text: "the firewall itself opened it" },
  { value: 2, name: "to-host", text: "it ends at the firewall itself" },
];

export const fw_line_flag = {
  FW_LINE_NAT: 1,
} as const;
export const fw_line_flag_values: readonly EnumValue[] = [
  { value: 1, name: "nat", text: "packets of this direction are rewritten; in both lines or in none" },
];

export const fw_tcp_side_flag = {
  FW_TCP_SIDE_SYN: 1,
  FW_TCP_SIDE_SCALES: 2,
  FW_TCP_SIDE_RESET: 4,
} as const;
export const fw_tcp_side_flag_values: readonly EnumValue[] = [
  { value: 1, name: "syn", text: "it has sent a SYN and acknowledged nothing yet: ack is its first sequence number plus one" },
  { value: 2, name: "scales", text: "its SYN had a window scale; until the connection is established" },
  { value: 4, name: "reset", text: "its reset may have overtaken data" },
];

export const fw_binding_flag = {
  FW_BINDING_PERSISTENT: 1,
  FW_BINDING_ANY_REMOTE: 2,
} as const;
export const fw_binding_flag_values: readonly EnumValue[] = [
  { value: 1, name: "persistent", text: "endpoint-independent mapping: lives on without sessions" },
  { value: 2, name: "any-remote", text: "everybody may send to it" },
];

export const fw_control_header = {
  size: 80,
  fields: {
    magic: { offset: 0, type: "u64" },
    layout_version: { offset: 8, type: "u32" },
    header_size: { offset: 12, type: "u32" },
    layout_hash: { offset: 16, type: "u64" },
    file_size: { offset: 24, type: "u64" },
    bank_offset: { offset: 32, type: "u64", count: 2 },
    bank_size: { offset: 48, type: "u64" },
    command_offset: { offset: 56, type: "u64" },
    agent_pid: { offset: 64, type: "u64" },
    published: { offset: 72, type: "u64" },
  },
} as const;

export const fw_session_filter = {
  size: 96,
  fields: {
    id: { offset: 0, type: "u64" },
    policy_name_id: { offset: 8, type: "u64" },
    source: { offset: 16, type: "u8", count: 16 },
    destination: { offset: 32, type: "u8", count: 16 },
    either: { offset: 48, type: "u8", count: 16 },
    source_length: { offset: 64, type: "u8" },
    destination_length: { offset: 65, type: "u8" },
    either_length: { offset: 66, type: "u8" },
    family: { offset: 67, type: "u8" },
    protocol: { offset: 68, type: "u16" },
    source_port: { offset: 70, type: "u16" },
    destination_port: { offset: 72, type: "u16" },
    either_port: { offset: 74, type: "u16" },
    older_than_s: { offset: 76, type: "u32" },
    younger_than_s: { offset: 80, type: "u32" },
    from_zone: { offset: 84, type: "u16" },
    to_zone: { offset: 86, type: "u16" },
    either_zone: { offset: 88, type: "u16" },
    nat: { offset: 90, type: "u8" },
    pad: { offset: 91, type: "u8", count: 5 },
  },
} as const;

export const fw_command = {
  size: 112,
  fields: {
    sequence: { offset: 0, type: "u64" },
    kind: { offset: 8, type: "u32" },
    pad: { offset: 12, type: "u32" },
    filter: { offset: 16, type: "fw_session_filter" },
  },
} as const;

export const fw_section = {
  size: 8,
  fields: {
    offset: { offset: 0, type: "u32" },
    count: { offset: 4, type: "u32" },
  },
} as const;

export const fw_program = {
  size: 360,
  fields: {
    magic: { offset: 0, type: "u64" },
    layout_version: { offset: 8, type: "u32" },
    header_size: { offset: 12, type: "u32" },
    total_size: { offset: 16, type: "u64" },
    sequence: { offset: 24, type: "u64" },
    hash: { offset: 32, type: "u8", count: 32 },
    checksum: { offset: 64, type: "u32" },
    default_action: { offset: 68, type: "u32" },
    rx_mode: { offset: 72, type: "u32" },
    idle_threshold: { offset: 76, type: "u32" },
    resume_threshold: { offset: 80, type: "u32" },
    sleep_timeout_us: { offset: 84, type: "u32" },
    sessions_ipv4: { offset: 88, type: "u32" },
    sessions_ipv6: { offset: 92, type: "u32" },
    bindings: { offset: 96, type: "u32" },
    fragments: { offset: 100, type: "u32" },
    fragments_per_source: { offset: 104, type: "u32" },
    held_packets: { offset: 108, type: "u32" },
    neighbor_limit: { offset: 112, type: "u32" },
    errors_per_second: { offset: 116, type: "u32" },
    timeouts_s: { offset: 120, type: "u32", count: 16 },
    tcp_strict_syn: { offset: 184, type: "u32" },
    tcp_window: { offset: 188, type: "u32" },
    ports: { offset: 192, type: "fw_section" },
    zones: { offset: 200, type: "fw_section" },
    interfaces: { offset: 208, type: "fw_section" },
    interface_addresses: { offset: 216, type: "fw_section" },
    address_sets: { offset: 224, type: "fw_section" },
    prefixes: { offset: 232, type: "fw_section" },
    applications: { offset: 240, type: "fw_section" },
    port_ranges: { offset: 248, type: "fw_section" },
    policies: { offset: 256, type: "fw_section" },
    refs: { offset: 264, type: "fw_section" },
    routes: { offset: 272, type: "fw_section" },
    next_hops: { offset: 280, type: "fw_section" },
    neighbors: { offset: 288, type: "fw_section" },
    schedules: { offset: 296, type: "fw_section" },
    schedule_windows: { offset: 304, type: "fw_section" },
    nat_pools: { offset: 312, type: "fw_section" },
    nat_ranges: { offset: 320, type: "fw_section" },
    nat_subscribers: { offset: 328, type: "fw_section" },
    nat_source: { offset: 336, type: "fw_section" },
    nat_destination: { offset: 344, type: "fw_section" },
    nat_static: { offset: 352, type: "fw_section" },
  },
} as const;

export const fw_port_row = {
  size: 400,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    device: { offset: 64, type: "char", count: 256 },
    network_namespace: { offset: 320, type: "char", count: 64 },
    kind: { offset: 384, type: "u32" },
    mtu: { offset: 388, type: "u32" },
    rx_mode: { offset: 392, type: "u32" },
    serves: { offset: 396, type: "u32" },
  },
} as const;

export const fw_zone_row = {
  size: 80,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    host_inbound: { offset: 64, type: "u64" },
    half_open_limit: { offset: 72, type: "u32" },
    source_check: { offset: 76, type: "u32" },
  },
} as const;

export const fw_interface_row = {
  size: 48,
  fields: {
    name: { offset: 0, type: "char", count: 16 },
    name_id: { offset: 16, type: "u32" },
    port: { offset: 20, type: "u32" },
    zone: { offset: 24, type: "u32" },
    vlan: { offset: 28, type: "u32" },
    address_first: { offset: 32, type: "u32" },
    address_count: { offset: 36, type: "u32" },
    vrf: { offset: 40, type: "u32" },
    pad: { offset: 44, type: "u32" },
  },
} as const;

export const fw_prefix_row = {
  size: 24,
  fields: {
    address: { offset: 0, type: "u8", count: 16 },
    family: { offset: 16, type: "u8" },
    length: { offset: 17, type: "u8" },
    pad: { offset: 18, type: "u8", count: 6 },
  },
} as const;

export const fw_address_set_row = {
  size: 72,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    prefix_first: { offset: 64, type: "u32" },
    prefix_count: { offset: 68, type: "u32" },
  },
} as const;

export const fw_application_row = {
  size: 96,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    timeout_s: { offset: 64, type: "u32" },
    any_protocol: { offset: 68, type: "u32" },
    protocol: { offset: 72, type: "u32" },
    source_first: { offset: 76, type: "u32" },
    source_count: { offset: 80, type: "u32" },
    destination_first: { offset: 84, type: "u32" },
    destination_count: { offset: 88, type: "u32" },
    pad: { offset: 92, type: "u32" },
  },
} as const;

export const fw_port_range_row = {
  size: 4,
  fields: {
    low: { offset: 0, type: "u16" },
    high: { offset: 2, type: "u16" },
  },
} as const;

export const fw_policy_row = {
  size: 120,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    name_id: { offset: 64, type: "u64" },
    from_first: { offset: 72, type: "u32" },
    from_count: { offset: 76, type: "u32" },
    to_first: { offset: 80, type: "u32" },
    to_count: { offset: 84, type: "u32" },
    source_first: { offset: 88, type: "u32" },
    source_count: { offset: 92, type: "u32" },
    destination_first: { offset: 96, type: "u32" },
    destination_count: { offset: 100, type: "u32" },
    application_first: { offset: 104, type: "u32" },
    application_count: { offset: 108, type: "u32" },
    source_negated: { offset: 112, type: "u8" },
    destination_negated: { offset: 113, type: "u8" },
    action: { offset: 114, type: "u8" },
    pad: { offset: 115, type: "u8" },
    schedule: { offset: 116, type: "u32" },
  },
} as const;

export const fw_schedule_row = {
  size: 136,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    time_zone: { offset: 64, type: "char", count: 64 },
    window_first: { offset: 128, type: "u32" },
    window_count: { offset: 132, type: "u32" },
  },
} as const;

export const fw_schedule_window_row = {
  size: 8,
  fields: {
    start_minute: { offset: 0, type: "u16" },
    end_minute: { offset: 2, type: "u16" },
    days: { offset: 4, type: "u8" },
    pad: { offset: 5, type: "u8", count: 3 },
  },
} as const;

export const fw_nat_pool_row = {
  size: 104,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    name_id: { offset: 64, type: "u64" },
    range_first: { offset: 72, type: "u32" },
    range_count: { offset: 76, type: "u32" },
    subscriber_first: { offset: 80, type: "u32" },
    subscriber_count: { offset: 84, type: "u32" },
    block_size: { offset: 88, type: "u32" },
    port_low: { offset: 92, type: "u16" },
    port_high: { offset: 94, type: "u16" },
    address_persistent: { offset: 96, type: "u8" },
    pad: { offset: 97, type: "u8", count: 7 },
  },
} as const;

export const fw_nat_range_row = {
  size: 8,
  fields: {
    low: { offset: 0, type: "u8", count: 4 },
    high: { offset: 4, type: "u8", count: 4 },
  },
} as const;

export const fw_nat_source_row = {
  size: 128,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    name_id: { offset: 64, type: "u64" },
    from_first: { offset: 72, type: "u32" },
    from_count: { offset: 76, type: "u32" },
    to_first: { offset: 80, type: "u32" },
    to_count: { offset: 84, type: "u32" },
    source_first: { offset: 88, type: "u32" },
    source_count: { offset: 92, type: "u32" },
    destination_first: { offset: 96, type: "u32" },
    destination_count: { offset: 100, type: "u32" },
    application_first: { offset: 104, type: "u32" },
    application_count: { offset: 108, type: "u32" },
    pool: { offset: 112, type: "u32" },
    binding_timeout_s: { offset: 116, type: "u32" },
    port_low: { offset: 120, type: "u16" },
    port_high: { offset: 122, type: "u16" },
    action: { offset: 124, type: "u8" },
    persistent: { offset: 125, type: "u8" },
    filtering: { offset: 126, type: "u8" },
    pad: { offset: 127, type: "u8" },
  },
} as const;

export const fw_nat_destination_row = {
  size: 112,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    name_id: { offset: 64, type: "u64" },
    from_first: { offset: 72, type: "u32" },
    from_count: { offset: 76, type: "u32" },
    source_first: { offset: 80, type: "u32" },
    source_count: { offset: 84, type: "u32" },
    low: { offset: 88, type: "u8", count: 4 },
    high: { offset: 92, type: "u8", count: 4 },
    to: { offset: 96, type: "u8", count: 4 },
    port_low: { offset: 100, type: "u16" },
    port_high: { offset: 102, type: "u16" },
    to_port: { offset: 104, type: "u16" },
    protocol: { offset: 106, type: "u8" },
    to_single: { offset: 107, type: "u8" },
    pad: { offset: 108, type: "u8", count: 4 },
  },
} as const;

export const fw_nat_static_row = {
  size: 96,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    name_id: { offset: 64, type: "u64" },
    from_first: { offset: 72, type: "u32" },
    from_count: { offset: 76, type: "u32" },
    external: { offset: 80, type: "u8", count: 4 },
    internal: { offset: 84, type: "u8", count: 4 },
    count: { offset: 88, type: "u32" },
    pad: { offset: 92, type: "u32" },
  },
} as const;

export const fw_route_row = {
  size: 40,
  fields: {
    prefix: { offset: 0, type: "fw_prefix_row" },
    next_hop_first: { offset: 24, type: "u32" },
    next_hop_count: { offset: 28, type: "u32" },
    vrf: { offset: 32, type: "u32" },
    type: { offset: 36, type: "u32" },
  },
} as const;

export const fw_next_hop_row = {
  size: 24,
  fields: {
    gateway: { offset: 0, type: "u8", count: 16 },
    interface: { offset: 16, type: "u32" },
    family: { offset: 20, type: "u8" },
    pad: { offset: 21, type: "u8", count: 3 },
  },
} as const;

export const fw_neighbor_row = {
  size: 28,
  fields: {
    address: { offset: 0, type: "u8", count: 16 },
    interface: { offset: 16, type: "u32" },
    family: { offset: 20, type: "u8" },
    mac: { offset: 21, type: "u8", count: 6 },
    pad: { offset: 27, type: "u8" },
  },
} as const;

export const fw_state_header = {
  size: 136,
  fields: {
    magic: { offset: 0, type: "u64" },
    layout_version: { offset: 8, type: "u32" },
    header_size: { offset: 12, type: "u32" },
    layout_hash: { offset: 16, type: "u64" },
    records_hash: { offset: 24, type: "u64" },
    file_size: { offset: 32, type: "u64" },
    kept_offset: { offset: 40, type: "u64" },
    status_offset: { offset: 48, type: "u64" },
    counters_offset: { offset: 56, type: "u64" },
    tables_offset: { offset: 64, type: "u64" },
    ports_offset: { offset: 72, type: "u64" },
    interfaces_offset: { offset: 80, type: "u64" },
    policies_offset: { offset: 88, type: "u64" },
    sessions4_offset: { offset: 96, type: "u64" },
    sessions6_offset: { offset: 104, type: "u64" },
    bindings_offset: { offset: 112, type: "u64" },
    sessions4_capacity: { offset: 120, type: "u32" },
    sessions6_capacity: { offset: 124, type: "u32" },
    bindings_capacity: { offset: 128, type: "u32" },
    checksum: { offset: 132, type: "u32" },
  },
} as const;

export const fw_state_kept = {
  size: 40,
  fields: {
    clock_ns: { offset: 0, type: "u64" },
    clock_origin_ns: { offset: 8, type: "u64" },
    boot_id: { offset: 16, type: "u8", count: 16 },
    discarded: { offset: 32, type: "u64" },
  },
} as const;

export const fw_worker_status = {
  size: 1760,
  fields: {
    version: { offset: 0, type: "u32" },
    phase: { offset: 4, type: "u32" },
    pid: { offset: 8, type: "u64" },
    start_count: { offset: 16, type: "u64" },
    started_at_ns: { offset: 24, type: "u64" },
    heartbeat_ns: { offset: 32, type: "u64" },
    core_heartbeat_ns: { offset: 40, type: "u64", count: 16 },
    judged_sequence: { offset: 168, type: "u64" },
    active_sequence: { offset: 176, type: "u64" },
    active_hash: { offset: 184, type: "u8", count: 32 },
    judged_hash: { offset: 216, type: "u8", count: 32 },
    verdict: { offset: 248, type: "u32" },
    verdict_row: { offset: 252, type: "u32" },
    verdict_section: { offset: 256, type: "char", count: 64 },
    verdict_field: { offset: 320, type: "char", count: 64 },
    verdict_message: { offset: 384, type: "char", count: 256 },
    epoch: { offset: 640, type: "u32" },
    cores: { offset: 644, type: "u32", count: 16 },
    core_count: { offset: 708, type: "u32" },
    rx_mode_requested: { offset: 712, type: "u32" },
    rx_mode_effective: { offset: 716, type: "u32" },
    core_rx_mode: { offset: 720, type: "u8", count: 16 },
    core_woken_ns: { offset: 736, type: "u64", count: 16 },
    rx_mode_reason: { offset: 864, type: "char", count: 256 },
    worker_version: { offset: 1120, type: "char", count: 32 },
    dpdk_version: { offset: 1152, type: "char", count: 32 },
    page_size: { offset: 1184, type: "u64" },
    kept: { offset: 1192, type: "fw_state_kept" },
    command_sequence: { offset: 1232, type: "u64" },
    command_result: { offset: 1240, type: "u64" },
    state_converted: { offset: 1248, type: "char", count: 256 },
    state_replaced: { offset: 1504, type: "char", count: 256 },
  },
} as const;

export const fw_table_status = {
  size: 32,
  fields: {
    capacity: { offset: 0, type: "u64" },
    used: { offset: 8, type: "u64" },
    high_water: { offset: 16, type: "u64" },
    refused: { offset: 24, type: "u64" },
  },
} as const;

export const fw_counters = {
  size: 672,
  fields: {
    received: { offset: 0, type: "u64" },
    received_bytes: { offset: 8, type: "u64" },
    originated: { offset: 16, type: "u64" },
    forwarded: { offset: 24, type: "u64" },
    forwarded_bytes: { offset: 32, type: "u64" },
    punted: { offset: 40, type: "u64" },
    consumed: { offset: 48, type: "u64" },
    held: { offset: 56, type: "u64" },
    dropped: { offset: 64, type: "u64", count: 56 },
    sessions4: { offset: 512, type: "u64" },
    sessions6: { offset: 520, type: "u64" },
    sessions_opened: { offset: 528, type: "u64" },
    sessions_closed: { offset: 536, type: "u64" },
    sessions_expired: { offset: 544, type: "u64" },
    sessions_denied: { offset: 552, type: "u64" },
    sessions_untranslated: { offset: 560, type: "u64" },
    sessions_recovered: { offset: 568, type: "u64" },
    sessions_discarded: { offset: 576, type: "u64" },
    errors_limited: { offset: 584, type: "u64" },
    generations_accepted: { offset: 592, type: "u64" },
    generations_refused: { offset: 600, type: "u64" },
    sleeps: { offset: 608, type: "u64" },
    sleep_ns: { offset: 616, type: "u64" },
    mode_switches: { offset: 624, type: "u64" },
    wakeups: { offset: 632, type: "u64" },
    wakeups_missed: { offset: 640, type: "u64" },
    steered: { offset: 648, type: "u64" },
    steered_in: { offset: 656, type: "u64" },
    busy_ns: { offset: 664, type: "u64" },
  },
} as const;

export const fw_port_status = {
  size: 656,
  fields: {
    name: { offset: 0, type: "char", count: 64 },
    state: { offset: 64, type: "u32" },
    mtu: { offset: 68, type: "u32" },
    mac: { offset: 72, type: "u8", count: 6 },
    spread: { offset: 78, type: "u8" },
    readers: { offset: 79, type: "u8" },
    reader: { offset: 80, type: "u32" },
    rx_mode_requested: { offset: 84, type: "u8" },
    rx_mode_effective: { offset: 85, type: "u8" },
    rx_wake: { offset: 86, type: "u8" },
    pad: { offset: 87, type: "u8" },
    rx_packets: { offset: 88, type: "u64" },
    rx_bytes: { offset: 96, type: "u64" },
    tx_packets: { offset: 104, type: "u64" },
    tx_bytes: { offset: 112, type: "u64" },
    rx_missed: { offset: 120, type: "u64" },
    wakeups: { offset: 128, type: "u64" },
    wakeups_missed: { offset: 136, type: "u64" },
    message: { offset: 144, type: "char", count: 256 },
    rx_mode_reason: { offset: 400, type: "char", count: 256 },
  },
} as const;

export const fw_interface_status = {
  size: 72,
  fields: {
    name: { offset: 0, type: "char", count: 16 },
    ifindex: { offset: 16, type: "u32" },
    pad: { offset: 20, type: "u32" },
    rx_packets: { offset: 24, type: "u64" },
    rx_bytes: { offset: 32, type: "u64" },
    tx_packets: { offset: 40, type: "u64" },
    tx_bytes: { offset: 48, type: "u64" },
    punted: { offset: 56, type: "u64" },
    from_host: { offset: 64, type: "u64" },
  },
} as const;

export const fw_policy_counters = {
  size: 32,
  fields: {
    name_id: { offset: 0, type: "u64" },
    packets: { offset: 8, type: "u64" },
    bytes: { offset: 16, type: "u64" },
    sessions: { offset: 24, type: "u64" },
  },
} as const;

export const fw_line4 = {
  size: 64,
  fields: {
    source: { offset: 0, type: "u8", count: 4 },
    destination: { offset: 4, type: "u8", count: 4 },
    source_port_be: { offset: 8, type: "u16" },
    destination_port_be: { offset: 10, type: "u16" },
    protocol: { offset: 12, type: "u8" },
    zero: { offset: 13, type: "u8" },
    vrf: { offset: 14, type: "u16" },
    new_source: { offset: 16, type: "u8", count: 4 },
    new_destination: { offset: 20, type: "u8", count: 4 },
    new_source_port_be: { offset: 24, type: "u16" },
    new_destination_port_be: { offset: 26, type: "u16" },
    l3_delta: { offset: 28, type: "u16" },
    l4_delta: { offset: 30, type: "u16" },
    epoch: { offset: 32, type: "u32" },
    last_seen: { offset: 36, type: "u32" },
    next_hop_version: { offset: 40, type: "u32" },
    next_hop: { offset: 44, type: "u16" },
    policy: { offset: 46, type: "u16" },
    packets: { offset: 48, type: "u32" },
    in_zone: { offset: 52, type: "u8" },
    flags: { offset: 53, type: "u8" },
    spare: { offset: 54, type: "u16" },
    bytes: { offset: 56, type: "u64" },
  },
} as const;

export const fw_line6 = {
  size: 128,
  fields: {
    source: { offset: 0, type: "u8", count: 16 },
    destination: { offset: 16, type: "u8", count: 16 },
    source_port_be: { offset: 32, type: "u16" },
    destination_port_be: { offset: 34, type: "u16" },
    protocol: { offset: 36, type: "u8" },
    zero: { offset: 37, type: "u8" },
    vrf: { offset: 38, type: "u16" },
    epoch: { offset: 40, type: "u32" },
    last_seen: { offset: 44, type: "u32" },
    next_hop_version: { offset: 48, type: "u32" },
    next_hop: { offset: 52, type: "u16" },
    policy: { offset: 54, type: "u16" },
    packets: { offset: 56, type: "u32" },
    in_zone: { offset: 60, type: "u8" },
    flags: { offset: 61, type: "u8" },
    spare: { offset: 62, type: "u16" },
    bytes: { offset: 64, type: "u64" },
    pad: { offset: 72, type: "u8", count: 56 },
  },
} as const;

export const fw_tcp_side = {
  size: 20,
  fields: {
    end: { offset: 0, type: "u32" },
    max_end: { offset: 4, type: "u32" },
    ack: { offset: 8, type: "u32" },
    max_window: { offset: 12, type: "u32" },
    scale: { offset: 16, type: "u8" },
    flags: { offset: 17, type: "u8" },
    isn_low: { offset: 18, type: "u16" },
  },
} as const;

export const fw_session_track = {
  size: 64,
  fields: {
    side: { offset: 0, type: "fw_tcp_side", count: 2 },
    state: { offset: 40, type: "u8" },
    icmp_kinds: { offset: 41, type: "u8", count: 2 },
    half_open: { offset: 43, type: "u8" },
    timeout: { offset: 44, type: "u32" },
    application_timeout: { offset: 48, type: "u32" },
    binding: { offset: 52, type: "u32" },
    packets_high: { offset: 56, type: "u16", count: 2 },
    syn_next: { offset: 60, type: "u32" },
  },
} as const;

export const fw_session_cold = {
  size: 64,
  fields: {
    id: { offset: 0, type: "u64" },
    created_at_ns: { offset: 8, type: "u64" },
    in_name_id: { offset: 16, type: "u32" },
    out_name_id: { offset: 20, type: "u32" },
    policy_name_id: { offset: 24, type: "u64" },
    flags: { offset: 32, type: "u32" },
    nat_source_id: { offset: 36, type: "u32" },
    nat_destination_id: { offset: 40, type: "u32" },
    pad: { offset: 44, type: "u8", count: 12 },
    checksum: { offset: 56, type: "u32" },
    valid: { offset: 60, type: "u32" },
  },
} as const;

export const fw_session4 = {
  size: 256,
  fields: {
    line: { offset: 0, type: "fw_line4", count: 2 },
    track: { offset: 128, type: "fw_session_track" },
    cold: { offset: 192, type: "fw_session_cold" },
  },
} as const;

export const fw_session6 = {
  size: 384,
  fields: {
    line: { offset: 0, type: "fw_line6", count: 2 },
    track: { offset: 256, type: "fw_session_track" },
    cold: { offset: 320, type: "fw_session_cold" },
  },
} as const;

export const fw_binding = {
  size: 64,
  fields: {
    internal: { offset: 0, type: "u8", count: 4 },
    external: { offset: 4, type: "u8", count: 4 },
    internal_port_be: { offset: 8, type: "u16" },
    external_port_be: { offset: 10, type: "u16" },
    protocol: { offset: 12, type: "u8" },
    flags: { offset: 13, type: "u8" },
    vrf: { offset: 14, type: "u16" },
    created_at_ns: { offset: 16, type: "u64" },
    rule_id: { offset: 24, type: "u32" },
    timeout: { offset: 28, type: "u32" },
    last_seen: { offset: 32, type: "u32" },
    pad: { offset: 36, type: "u8", count: 20 },
    checksum: { offset: 56, type: "u32" },
    valid: { offset: 60, type: "u32" },
  },
} as const;

export const structs = {
  fw_control_header,
  fw_session_filter,
  fw_command,
  fw_section,
  fw_program,
  fw_port_row,
  fw_zone_row,
  fw_interface_row,
  fw_prefix_row,
  fw_address_set_row,
  fw_application_row,
  fw_port_range_row,
  fw_policy_row,
  fw_schedule_row,
  fw_schedule_window_row,
  fw_nat_pool_row,
  fw_nat_range_row,
  fw_nat_source_row,
  fw_nat_destination_row,
  fw_nat_static_row,
  fw_route_row,
  fw_next_hop_row,
  fw_neighbor_row,
  fw_state_header,
  fw_state_kept,
  fw_worker_status,
  fw_table_status,
  fw_counters,
  fw_port_status,
  fw_interface_status,
  fw_policy_counters,
  fw_line4,
  fw_line6,
  fw_tcp_side,
  fw_session_track,
  fw_session_cold,
  fw_session4,
  fw_session6,
  fw_binding,
} as const;
