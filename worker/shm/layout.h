// SPDX-License-Identifier: Apache-2.0
// Contract 3: every byte that the node-agent and the worker share.
//
// Two files, each with one writer:
//   control  the agent writes: header, then two banks that hold one program each
//   state    the worker writes: header, status, counters, sessions, NAT bindings
//
// Only fixed-width fields, constant-bound arrays, nested structs and enums; no pointers, no implicit padding.
// node-agent/shm/layout.gen.ts and worker/shm/layout_assert.gen.c are generated from this file.
// Integers are in host byte order. Addresses are 16 bytes in network byte order; an IPv4 address takes the first
// four and the rest is zero. Names are UTF-8, padded with NUL, and always end in NUL.
#ifndef PORTCULLIS_SHM_LAYOUT_H
#define PORTCULLIS_SHM_LAYOUT_H

#include <stdint.h>

#define FW_LAYOUT_VERSION 1
// Sessions and bindings survive a change of the layout that leaves their own structs alone (FW_RECORDS_HASH). To be raised
// when their meaning changes and the structs do not.
#define FW_RECORDS_VERSION 1
#define FW_CONTROL_MAGIC 0x3154434c4c555450ull // "PTULLCT1"
#define FW_PROGRAM_MAGIC 0x3147504c4c555450ull // "PTULLPG1"
#define FW_STATE_MAGIC 0x3154534c4c555450ull // "PTULLST1"
#define FW_SESSION_VALID 0x53455353u // a committed session; anything else in the word is a free slot
#define FW_NO_INDEX 0xffffffffu // "none" in every 32-bit index field

#define FW_NAME_SIZE 64
#define FW_IFNAME_SIZE 16 // IFNAMSIZ
#define FW_HASH_SIZE 32 // SHA-256
#define FW_MESSAGE_SIZE 256
#define FW_VERSION_SIZE 32

// Limits of the dataplane. The compiler refuses what exceeds them.
#define FW_MAX_PORTS 16
#define FW_MAX_INTERFACES 256
#define FW_MAX_ZONES 64
#define FW_MAX_ADDRESS_SETS 16384
#define FW_MAX_PREFIXES 262144
#define FW_MAX_APPLICATIONS 4096
#define FW_MAX_PORT_RANGES 65536
#define FW_MAX_POLICIES 16384
#define FW_MAX_REFS 1048576
#define FW_MAX_ROUTES 16384
#define FW_MAX_NEXT_HOPS 32768
#define FW_MAX_NEXT_HOPS_PER_ROUTE 16
#define FW_MAX_NEIGHBORS 4096 // static ones
#define FW_MAX_LEARNED_NEIGHBORS 16384 // beside them
#define FW_MAX_VRF 65535 // kernel table id
#define FW_MAX_INTERFACE_ADDRESSES 1024
#define FW_MAX_BANK_SIZE 67108864 // bytes of one bank: 64 MiB
#define FW_MAX_SESSIONS 16777216 // per family
#define FW_MAX_CORES 16 // datapath cores
#define FW_MAX_SCHEDULES 256
#define FW_MAX_SCHEDULE_WINDOWS 4096
#define FW_MAX_NAT_POOLS 256
#define FW_MAX_NAT_RANGES 4096
#define FW_MAX_NAT_SUBSCRIBERS 4096
#define FW_MAX_NAT_SOURCE_RULES 4096
#define FW_MAX_NAT_DESTINATION_RULES 4096
#define FW_MAX_NAT_STATIC_RULES 4096
#define FW_MAX_BINDINGS 4194304
#define FW_MAX_FRAGMENTS 65536 // datagrams that are being reassembled, per core
#define FW_MAX_HELD_PACKETS 4096 // waiting for a neighbor, per core
#define FW_TIMEOUT_COUNT 16 // room of fw_program.timeouts_s

enum fw_action { FW_ACTION_PERMIT = 1, FW_ACTION_DENY = 2, FW_ACTION_REJECT = 3 };

enum fw_port_kind {
	FW_PORT_TAP = 1,
	FW_PORT_KERNEL_INTERFACE = 2,
	FW_PORT_PCI = 3,
	FW_PORT_VDEV = 4,
	FW_PORT_VHOST_USER = 5, // the device's side of a vhost-user socket
	FW_PORT_VIRTIO_USER = 6, // the driver's side
};

// Idle timeouts of sessions: index into fw_program.timeouts_s.
enum fw_timeout {
	FW_TIMEOUT_TCP_HANDSHAKE = 0, // until the connection is established
	FW_TIMEOUT_TCP_ESTABLISHED = 1,
	FW_TIMEOUT_TCP_CLOSING = 2, // one or both sides have sent FIN
	FW_TIMEOUT_TCP_TIME_WAIT = 3,
	FW_TIMEOUT_TCP_CLOSED = 4, // after a reset
	FW_TIMEOUT_UDP = 5,
	FW_TIMEOUT_ICMP = 6,
	FW_TIMEOUT_OTHER = 7,
};

// What becomes of TCP segments that lie outside the window of their connection.
enum fw_tcp_window { FW_TCP_WINDOW_STRICT = 1, FW_TCP_WINDOW_LIBERAL = 2 };

// Reverse path check of the source address (RFC 3704).
enum fw_source_check { FW_SOURCE_OFF = 0, FW_SOURCE_LOOSE = 1, FW_SOURCE_STRICT = 2 };

enum fw_route_type {
	FW_ROUTE_UNICAST = 0,
	FW_ROUTE_BLACKHOLE = 1, // drop silently
	FW_ROUTE_UNREACHABLE = 2, // drop, host unreachable
	FW_ROUTE_PROHIBIT = 3, // drop, administratively prohibited
};

enum fw_nat_source_action { FW_NAT_OFF = 1, FW_NAT_INTERFACE = 2, FW_NAT_POOL = 3 };

// Who may send to a persistent binding (RFC 4787 section 5).
enum fw_nat_filtering { FW_NAT_FILTER_ADDRESS_PORT = 0, FW_NAT_FILTER_ENDPOINT_INDEPENDENT = 1 };

enum fw_rx_mode { FW_RX_POLLING = 1, FW_RX_ADAPTIVE = 2, FW_RX_INTERRUPT = 3 };

// Bits of fw_zone_row.host_inbound: what a zone may send to the firewall itself.
enum fw_service {
	FW_SERVICE_ALL = 0, // every protocol
	FW_SERVICE_PING = 1, // ICMP and ICMPv6 echo request
	FW_SERVICE_SSH = 2, // TCP 22
	FW_SERVICE_HTTP = 3, // TCP 80
	FW_SERVICE_HTTPS = 4, // TCP 443
	FW_SERVICE_DNS = 5, // UDP and TCP 53
	FW_SERVICE_DHCP = 6, // UDP 67 and 68, IPv4
	FW_SERVICE_DHCPV6 = 7, // UDP 546 and 547, IPv6
	FW_SERVICE_NTP = 8, // UDP 123
	FW_SERVICE_SNMP = 9, // UDP 161
	FW_SERVICE_SYSLOG = 10, // UDP 514
	FW_SERVICE_TRACEROUTE = 11, // UDP 33434-33523
	FW_SERVICE_BGP = 12, // TCP 179
	FW_SERVICE_BFD = 13, // UDP 3784, 3785 and 4784
	FW_SERVICE_OSPF = 14, // IP protocol 89
	FW_SERVICE_VRRP = 15, // IP protocol 112
};

// Why a packet was dropped. The text after each name is the reference documentation of the reason.
enum fw_drop {
	FW_DROP_NO_GENERATION = 0, // No configuration has been accepted yet; everything is dropped.
	FW_DROP_FRAME_TRUNCATED = 1, // The frame is shorter than its Ethernet or VLAN header.
	FW_DROP_VLAN_UNKNOWN = 2, // No interface is configured for this port and VLAN.
	FW_DROP_NOT_FOR_US = 3, // The destination MAC address is another station's.
	FW_DROP_ETHERTYPE_UNSUPPORTED = 4, // Neither IPv4, IPv6 nor ARP.
	FW_DROP_IP_HEADER_INVALID = 5, // Wrong version, header length or total length.
	FW_DROP_IP_TRUNCATED = 6, // The IP length exceeds the bytes received.
	FW_DROP_IP_CHECKSUM_BAD = 7, // The IPv4 header checksum is wrong.
	FW_DROP_SOURCE_INVALID = 8, // The source is unspecified, loopback, multicast, broadcast or our own.
	FW_DROP_DESTINATION_INVALID = 9, // The destination is unspecified or loopback.
	FW_DROP_SOURCE_ROUTE = 10, // IPv4 source routing (RFC 7126) or an IPv6 type 0 routing header (RFC 5095).
	FW_DROP_EXTENSION_HEADERS = 11, // IPv6 extension headers are malformed, out of order or too many.
	FW_DROP_FRAGMENT_DUPLICATE = 12, // A copy of a fragment that came before.
	FW_DROP_L4_TRUNCATED = 13, // The transport header does not fit into the packet.
	FW_DROP_L4_INVALID = 14, // The transport header is malformed: data offset, length or port 0.
	FW_DROP_TCP_FLAGS_INVALID = 15, // An impossible combination of TCP flags.
	FW_DROP_TCP_NO_SESSION = 16, // A TCP segment without SYN that belongs to no session.
	FW_DROP_TCP_STATE = 17, // A TCP segment that the state of its session does not allow.
	FW_DROP_ICMP_NO_SESSION = 18, // An ICMP reply or error that belongs to no session.
	FW_DROP_SESSION_INTERFACE = 19, // A packet of a session that came in through another zone.
	FW_DROP_SESSION_TABLE_FULL = 20, // No room for a new session.
	FW_DROP_POLICY_DENY = 21, // A policy with action Deny matched.
	FW_DROP_POLICY_REJECT = 22, // A policy with action Reject matched.
	FW_DROP_DEFAULT_DENY = 23, // No policy matched and the default action is Deny.
	FW_DROP_DEFAULT_REJECT = 24, // No policy matched and the default action is Reject.
	FW_DROP_HOST_INBOUND = 25, // For the firewall itself, but the zone's hostInbound does not allow it.
	FW_DROP_MULTICAST = 26, // Multicast and broadcast are not forwarded.
	FW_DROP_TTL_EXPIRED = 27, // The TTL or hop limit ran out.
	FW_DROP_NO_ROUTE = 28, // No route to the destination.
	FW_DROP_ROUTE_BLACKHOLE = 29, // The route is a blackhole.
	FW_DROP_NEIGHBOR_UNRESOLVED = 30, // The next hop did not answer ARP or neighbor discovery in time.
	FW_DROP_NEIGHBOR_QUEUE_FULL = 31, // Too many packets wait for a next hop.
	FW_DROP_MTU_EXCEEDED = 32, // Larger than the egress MTU.
	FW_DROP_PORT_DOWN = 33, // The egress port is down or gone.
	FW_DROP_TX_FULL = 34, // The egress port took no more packets.
	FW_DROP_NO_BUFFER = 35, // No packet buffer was free.
	FW_DROP_HOST_QUEUE_FULL = 36, // The kernel did not take the packet for the firewall itself.
	FW_DROP_FRAME_OVERSIZED = 37, // A frame larger than a packet buffer that could not be segmented.
	FW_DROP_TCP_WINDOW = 38, // A TCP segment outside the window of its connection.
	FW_DROP_HALF_OPEN_LIMIT = 39, // The zone has as many half-open TCP connections as it may have.
	FW_DROP_SOURCE_CHECK = 40, // The route to the source does not lead back to where the packet came from.
	FW_DROP_ROUTE_UNREACHABLE = 41, // The route is of type unreachable.
	FW_DROP_ROUTE_PROHIBIT = 42, // The route is of type prohibit.
	FW_DROP_NAT_EXHAUSTED = 43, // Source NAT has no free address and port for a new flow.
	FW_DROP_NAT_NO_ADDRESS = 44, // Source NAT by interface address, and the egress interface has none.
	FW_DROP_NAT_BINDINGS_FULL = 45, // The table of NAT bindings is full.
	FW_DROP_NAT_FILTERED = 46, // To a NAT binding, from an endpoint that it does not accept.
	FW_DROP_FRAGMENT_INVALID = 47, // A fragment that cannot be: offset, length, or of neighbor discovery (RFC 6980).
	FW_DROP_FRAGMENT_TINY = 48, // A first fragment without the whole transport header, or one that could hide it (RFC 1858).
	FW_DROP_FRAGMENT_OVERLAP = 49, // Fragments of one datagram overlap (RFC 5722).
	FW_DROP_FRAGMENT_TABLE_FULL = 50, // Too many datagrams are being reassembled, or too many fragments wait.
	FW_DROP_FRAGMENT_SOURCE_LIMIT = 51, // Too many datagrams of one source are being reassembled.
	FW_DROP_FRAGMENT_TIMEOUT = 52, // The first fragment of a datagram did not come in time.
	FW_DROP_FRAGMENT_DENIED = 53, // A fragment of a datagram whose first fragment was dropped.
	FW_DROP_STEER_QUEUE_FULL = 54, // The core that owns the session took no more packets.
	FW_DROP_ICMP_ERROR_INVALID = 55, // An ICMP error that quotes no packet, or one that cannot be read.
	FW_DROP_COUNT = 56,
};

// ---------------------------------------------------------------- control file (writer: agent)

// At offset 0. Written once when the file is made, except the last two words.
struct fw_control_header {
	uint64_t magic; // FW_CONTROL_MAGIC
	uint32_t layout_version; // FW_LAYOUT_VERSION
	uint32_t header_size; // sizeof(struct fw_control_header)
	uint64_t layout_hash; // FW_LAYOUT_HASH of layout_hash.gen.h
	uint64_t file_size;
	uint64_t bank_offset[2]; // from the start of the file
	uint64_t bank_size; // bytes of each bank
	uint64_t command_offset; // struct fw_command
	uint64_t agent_pid;
	uint64_t published; // sequence of the newest program; it lies in bank published & 1; 0: none. Release store.
};

enum fw_command_kind {
	FW_COMMAND_NONE = 0,
	FW_COMMAND_CLEAR_SESSIONS = 1, // ends every session that the filter selects
};

enum fw_filter_nat { FW_FILTER_NAT_ANY = 0, FW_FILTER_NAT_TRANSLATED = 1, FW_FILTER_NAT_UNTRANSLATED = 2 };

// Which sessions. A field that says "any" selects all of them.
struct fw_session_filter {
	uint64_t id; // 0: any
	uint64_t policy_name_id; // 0: any
	uint8_t source[16]; // of the initiator, as the initiator sends it
	uint8_t destination[16]; // as the initiator sends it, before NAT
	uint8_t either[16]; // one of the two, before or after NAT
	uint8_t source_length; // prefix lengths; 0: any
	uint8_t destination_length;
	uint8_t either_length;
	uint8_t family; // 4, 6; 0: any
	uint16_t protocol; // 0xffff: any
	uint16_t source_port; // host byte order; 0: any
	uint16_t destination_port;
	uint16_t either_port;
	uint32_t older_than_s; // created at least so long ago; 0: any
	uint32_t younger_than_s; // created less than so long ago; 0: any
	uint16_t from_zone; // row of the active program, FW_ZONE_SELF; 0xffff: any
	uint16_t to_zone;
	uint16_t either_zone;
	uint8_t nat; // enum fw_filter_nat
	uint8_t pad[5];
};

// At fw_control_header.command_offset. The agent fills it and stores sequence last (release); the worker answers in
// fw_worker_status.command_*. One command at a time.
struct fw_command {
	uint64_t sequence; // grows by one; 0: none yet
	uint32_t kind; // enum fw_command_kind
	uint32_t pad;
	struct fw_session_filter filter;
};

struct fw_section {
	uint32_t offset; // from the start of the program, a multiple of 8
	uint32_t count; // rows
};

// At the start of a bank. Sections follow in any order, without overlap, inside total_size.
struct fw_program {
	uint64_t magic; // FW_PROGRAM_MAGIC
	uint32_t layout_version;
	uint32_t header_size; // sizeof(struct fw_program)
	uint64_t total_size; // bytes, header included
	uint64_t sequence; // equals fw_control_header.published once published
	uint8_t hash[FW_HASH_SIZE]; // SHA-256 of the node program that these rows encode
	uint32_t checksum; // CRC-32C (RFC 3720) of bytes header_size .. total_size
	uint32_t default_action; // enum fw_action
	uint32_t rx_mode; // enum fw_rx_mode
	uint32_t idle_threshold; // empty polls before a core sleeps
	uint32_t resume_threshold; // packets in one turn that end the sleeping mode
	uint32_t sleep_timeout_us; // longest sleep
	uint32_t sessions_ipv4; // capacity
	uint32_t sessions_ipv6; // capacity
	uint32_t bindings; // capacity of the table of NAT bindings
	uint32_t fragments; // datagrams that may be reassembled at a time, per core
	uint32_t fragments_per_source; // of them, of one source address
	uint32_t held_packets; // packets that may wait for neighbors, per core
	uint32_t neighbor_limit; // learned neighbors
	uint32_t errors_per_second; // ICMP errors and resets that an interface may send
	uint32_t timeouts_s[FW_TIMEOUT_COUNT]; // by enum fw_timeout, seconds
	uint32_t tcp_strict_syn; // 1: only a SYN opens a TCP session
	uint32_t tcp_window; // enum fw_tcp_window
	struct fw_section ports; // struct fw_port_row
	struct fw_section zones; // struct fw_zone_row
	struct fw_section interfaces; // struct fw_interface_row
	struct fw_section interface_addresses; // struct fw_prefix_row: host address and prefix length
	struct fw_section address_sets; // struct fw_address_set_row
	struct fw_section prefixes; // struct fw_prefix_row
	struct fw_section applications; // struct fw_application_row
	struct fw_section port_ranges; // struct fw_port_range_row
	struct fw_section policies; // struct fw_policy_row; first match wins
	struct fw_section refs; // uint32_t: lists that policies point into
	struct fw_section routes; // struct fw_route_row
	struct fw_section next_hops; // struct fw_next_hop_row
	struct fw_section neighbors; // struct fw_neighbor_row
	struct fw_section schedules; // struct fw_schedule_row
	struct fw_section schedule_windows; // struct fw_schedule_window_row
	struct fw_section nat_pools; // struct fw_nat_pool_row
	struct fw_section nat_ranges; // struct fw_nat_range_row: addresses of pools
	struct fw_section nat_subscribers; // struct fw_prefix_row: subscribers of pools with port blocks, in order
	struct fw_section nat_source; // struct fw_nat_source_row; first match wins
	struct fw_section nat_destination; // struct fw_nat_destination_row; first match wins
	struct fw_section nat_static; // struct fw_nat_static_row
};

struct fw_port_row {
	char name[FW_NAME_SIZE];
	char device[FW_MESSAGE_SIZE]; // kernel device name (TAP, KERNEL_INTERFACE), PCI address, name and arguments (VDEV), or path of the socket
	char network_namespace[FW_NAME_SIZE]; // TAP only: named network namespace of the device; empty: the worker's own
	uint32_t kind; // enum fw_port_kind
	uint32_t mtu; // bytes of an IP packet, 576 to 9000; 0: the device's own
	uint32_t rx_mode; // enum fw_rx_mode; 0: that of the program
	uint32_t serves; // VHOST_USER and VIRTIO_USER: 1: makes the socket and listens, 0: connects to it
};

struct fw_zone_row {
	char name[FW_NAME_SIZE];
	uint64_t host_inbound; // bits by enum fw_service
	uint32_t half_open_limit; // TCP connections not yet established that the zone may have opened; 0: no limit of its own
	uint32_t source_check; // enum fw_source_check
};

struct fw_interface_row {
	char name[FW_IFNAME_SIZE]; // also the name of its kernel TAP
	uint32_t name_id; // CRC-32C of the name: the same in every generation
	uint32_t port; // index into ports
	uint32_t zone; // index into zones
	uint32_t vlan; // 802.1Q VLAN id; 0: untagged
	uint32_t address_first; // into interface_addresses
	uint32_t address_count;
	uint32_t vrf; // kernel table id of its VRF; 0: none, the main table
	uint32_t pad;
};

struct fw_prefix_row {
	uint8_t address[16];
	uint8_t family; // 4 or 6
	uint8_t length; // prefix length
	uint8_t pad[6];
};

struct fw_address_set_row {
	char name[FW_NAME_SIZE];
	uint32_t prefix_first; // into prefixes; sorted, disjoint
	uint32_t prefix_count;
};

// Port ranges of ICMP and ICMPv6 hold type << 8 | code.
struct fw_application_row {
	char name[FW_NAME_SIZE];
	uint32_t timeout_s; // idle timeout of its sessions; 0: the protocol's default
	uint32_t any_protocol; // 1: every protocol; then protocol is 0 and there are no ranges
	uint32_t protocol; // IP protocol number
	uint32_t source_first; // into port_ranges
	uint32_t source_count; // 0: any source port
	uint32_t destination_first; // into port_ranges
	uint32_t destination_count; // 0: any destination port
	uint32_t pad;
};

struct fw_port_range_row {
	uint16_t low;
	uint16_t high; // inclusive
};

// Every list is a range of refs; an empty list matches everything.
struct fw_policy_row {
	char name[FW_NAME_SIZE];
	uint64_t name_id; // first eight bytes of the SHA-256 of the name: the same in every generation
	uint32_t from_first; // zones
	uint32_t from_count;
	uint32_t to_first; // zones
	uint32_t to_count;
	uint32_t source_first; // address sets
	uint32_t source_count;
	uint32_t destination_first; // address sets
	uint32_t destination_count;
	uint32_t application_first; // applications
	uint32_t application_count;
	uint8_t source_negated; // 1: matches sources in none of the sets
	uint8_t destination_negated;
	uint8_t action; // enum fw_action
	uint8_t pad;
	uint32_t schedule; // row of schedules; FW_NO_INDEX: always
};

// A policy with a schedule takes part while one of its windows is open.
struct fw_schedule_row {
	char name[FW_NAME_SIZE];
	char time_zone[FW_NAME_SIZE]; // name in the IANA time zone database; "UTC"
	uint32_t window_first; // into schedule_windows
	uint32_t window_count; // at least 1
};

struct fw_schedule_window_row {
	uint16_t start_minute; // of the day, 0 to 1439
	uint16_t end_minute; // 1 to 1440, after start_minute; exclusive
	uint8_t days; // bits: 1 Sunday, 2 Monday, ... 64 Saturday
	uint8_t pad[3];
};

// Addresses for source NAT. With block_size, every subscriber has one block of ports of one address (RFC 7422):
// subscriber n (counted through nat_subscribers in order) has block n % blocks of address n / blocks, where
// blocks = ports / block_size, both counted from the lowest.
struct fw_nat_pool_row {
	char name[FW_NAME_SIZE];
	uint64_t name_id; // first eight bytes of the SHA-256 of the name
	uint32_t range_first; // into nat_ranges
	uint32_t range_count; // at least 1
	uint32_t subscriber_first; // into nat_subscribers
	uint32_t subscriber_count; // 0: no port blocks
	uint32_t block_size; // ports; 0: no port blocks
	uint16_t port_low; // host byte order
	uint16_t port_high; // inclusive
	uint8_t address_persistent; // 1: a source keeps its address for all its flows
	uint8_t pad[7];
};

struct fw_nat_range_row {
	uint8_t low[4];
	uint8_t high[4]; // inclusive
};

// Every list is a range of refs; an empty list matches everything.
struct fw_nat_source_row {
	char name[FW_NAME_SIZE];
	uint64_t name_id; // first eight bytes of the SHA-256 of the name
	uint32_t from_first; // zones
	uint32_t from_count;
	uint32_t to_first; // zones
	uint32_t to_count;
	uint32_t source_first; // address sets
	uint32_t source_count;
	uint32_t destination_first; // address sets; the destination after destination NAT
	uint32_t destination_count;
	uint32_t application_first; // applications
	uint32_t application_count;
	uint32_t pool; // row of nat_pools; FW_NO_INDEX unless action is FW_NAT_POOL
	uint32_t binding_timeout_s; // of a persistent binding without sessions
	uint16_t port_low; // of action FW_NAT_INTERFACE, host byte order
	uint16_t port_high; // inclusive
	uint8_t action; // enum fw_nat_source_action
	uint8_t persistent; // 1: endpoint-independent mapping (RFC 4787 section 4.1)
	uint8_t filtering; // enum fw_nat_filtering, of persistent bindings
	uint8_t pad;
};

struct fw_nat_destination_row {
	char name[FW_NAME_SIZE];
	uint64_t name_id; // first eight bytes of the SHA-256 of the name
	uint32_t from_first; // zones
	uint32_t from_count;
	uint32_t source_first; // address sets
	uint32_t source_count;
	uint8_t low[4]; // addresses that are translated
	uint8_t high[4]; // inclusive
	uint8_t to[4]; // what low becomes; the others follow in step when to_single is 0
	uint16_t port_low; // host byte order; 0: every port
	uint16_t port_high;
	uint16_t to_port; // what port_low becomes, the others follow in step; 0: the port stays
	uint8_t protocol; // 0: every protocol, which needs port_low 0
	uint8_t to_single; // 1: all addresses become to
	uint8_t pad[4];
};

struct fw_nat_static_row {
	char name[FW_NAME_SIZE];
	uint64_t name_id; // first eight bytes of the SHA-256 of the name
	uint32_t from_first; // zones of the outside
	uint32_t from_count;
	uint8_t external[4]; // first address
	uint8_t internal[4];
	uint32_t count; // addresses, in step
	uint32_t pad;
};

struct fw_route_row {
	struct fw_prefix_row prefix;
	uint32_t next_hop_first;
	uint32_t next_hop_count; // at least 1 with FW_ROUTE_UNICAST, else 0
	uint32_t vrf; // kernel table id; 0: the main table
	uint32_t type; // enum fw_route_type
};

struct fw_next_hop_row {
	uint8_t gateway[16];
	uint32_t interface; // index into interfaces
	uint8_t family;
	uint8_t pad[3];
};

struct fw_neighbor_row {
	uint8_t address[16];
	uint32_t interface; // index into interfaces
	uint8_t family;
	uint8_t mac[6];
	uint8_t pad;
};

// ---------------------------------------------------------------- state file (writer: worker)

enum fw_worker_phase {
	FW_PHASE_STARTING = 1, // attaching, no packets yet
	FW_PHASE_NO_GENERATION = 2, // runs and drops everything
	FW_PHASE_FORWARDING = 3,
	FW_PHASE_STOPPING = 4,
};

enum fw_verdict {
	FW_VERDICT_NONE = 0,
	FW_VERDICT_ACCEPTED = 1,
	FW_VERDICT_REFUSED_LAYOUT = 2, // magic, version, size or checksum
	FW_VERDICT_REFUSED_ROW = 3, // a row or field is invalid
	FW_VERDICT_REFUSED_RESOURCES = 4, // memory, or a value that needs a restart of the worker
	FW_VERDICT_REFUSED_PORT = 5, // a port could not be opened
};

// At offset 0. Written once when the file is made, then covered by checksum.
struct fw_state_header {
	uint64_t magic; // FW_STATE_MAGIC
	uint32_t layout_version;
	uint32_t header_size; // sizeof(struct fw_state_header)
	uint64_t layout_hash;
	uint64_t records_hash; // FW_RECORDS_HASH: of this header and all that another layout may take over
	uint64_t file_size;
	uint64_t kept_offset; // struct fw_state_kept, inside of the status
	uint64_t status_offset; // struct fw_worker_status
	uint64_t counters_offset; // struct fw_counters[FW_MAX_CORES]
	uint64_t tables_offset; // struct fw_table_status[FW_MAX_CORES][FW_TABLE_COUNT]
	uint64_t ports_offset; // struct fw_port_status[FW_MAX_CORES][FW_MAX_PORTS]
	uint64_t interfaces_offset; // struct fw_interface_status[FW_MAX_CORES][FW_MAX_INTERFACES]
	uint64_t policies_offset; // struct fw_policy_counters[FW_MAX_CORES][FW_MAX_POLICIES], by row of the active program
	uint64_t sessions4_offset; // struct fw_session4[sessions4_capacity]
	uint64_t sessions6_offset; // struct fw_session6[sessions6_capacity]
	uint64_t bindings_offset; // struct fw_binding[bindings_capacity]
	uint32_t sessions4_capacity;
	uint32_t sessions6_capacity;
	uint32_t bindings_capacity;
	uint32_t checksum; // CRC-32C of all fields before it
};

// What the sessions' times are counted by, and what outlives a change of the layout beside sessions and bindings.
struct fw_state_kept {
	// Clock of the sessions: it starts when the file is made, runs on while no worker runs, and stands still over a reboot.
	uint64_t clock_ns; // nanoseconds since the file was made, at fw_worker_status.heartbeat_ns
	uint64_t clock_origin_ns; // CLOCK_BOOTTIME - clock_ns in the boot of boot_id, modulo 2^64
	uint8_t boot_id[16]; // /proc/sys/kernel/random/boot_id; all zero: not set yet
	uint64_t discarded; // state files found unusable and replaced, since the state directory was made
};

// A reader takes version, copies, and retries while version is odd or has changed.
struct fw_worker_status {
	uint32_t version; // sequence lock: odd while the worker writes
	uint32_t phase; // enum fw_worker_phase
	uint64_t pid;
	uint64_t start_count; // starts of a worker on this file
	uint64_t started_at_ns; // CLOCK_REALTIME
	uint64_t heartbeat_ns; // CLOCK_MONOTONIC, control thread, at least once a second
	uint64_t core_heartbeat_ns[FW_MAX_CORES]; // CLOCK_MONOTONIC, by datapath core, at least once a second; 0: not yet
	uint64_t judged_sequence; // newest published sequence that has a verdict
	uint64_t active_sequence; // sequence of the active program
	uint8_t active_hash[FW_HASH_SIZE];
	uint8_t judged_hash[FW_HASH_SIZE];
	uint32_t verdict; // enum fw_verdict, of judged_sequence
	uint32_t verdict_row; // FW_NO_INDEX: the program as a whole
	char verdict_section[FW_NAME_SIZE]; // "policies", "interfaces", ...; empty: the program as a whole
	char verdict_field[FW_NAME_SIZE];
	char verdict_message[FW_MESSAGE_SIZE];
	uint32_t epoch; // policy epoch: grows by one with every accepted program
	uint32_t cores[FW_MAX_CORES]; // CPUs of the datapath cores
	uint32_t core_count; // datapath cores: rows in use of everything that each core counts
	uint32_t rx_mode_requested; // enum fw_rx_mode
	uint32_t rx_mode_effective;
	uint8_t core_rx_mode[FW_MAX_CORES]; // enum fw_rx_mode in effect, by datapath core
	uint64_t core_woken_ns[FW_MAX_CORES]; // CLOCK_MONOTONIC of the last sleep's end, by datapath core; 0: it has not slept
	char rx_mode_reason[FW_MESSAGE_SIZE]; // why the two differ; empty when equal
	char worker_version[FW_VERSION_SIZE];
	char dpdk_version[FW_VERSION_SIZE];
	uint64_t page_size; // of this file
	struct fw_state_kept kept;
	uint64_t command_sequence; // newest fw_command.sequence that is done
	uint64_t command_result; // sessions that it ended
	char state_converted[FW_MESSAGE_SIZE]; // from which layout this worker took over sessions and bindings; empty: from none
	char state_replaced[FW_MESSAGE_SIZE]; // why this worker did not use the state file that it found; empty: it did, or there was none
};

// Tables with a bound. What it does when it is full is in docs/limits.md.
enum fw_table {
	FW_TABLE_SESSIONS4 = 0,
	FW_TABLE_SESSIONS6 = 1,
	FW_TABLE_HALF_OPEN = 2,
	FW_TABLE_BINDINGS = 3,
	FW_TABLE_FRAGMENTS = 4, // datagrams
	FW_TABLE_FRAGMENTS_HELD = 5, // packets that wait for a first fragment
	FW_TABLE_HELD = 6, // packets that wait for a neighbor
	FW_TABLE_NEIGHBORS = 7,
	FW_TABLE_ROUTES4 = 8,
	FW_TABLE_ROUTES6 = 9,
	FW_TABLE_ERRORS = 10, // ICMP errors and resets sent in the last second
	FW_TABLE_COUNT = 11,
};

struct fw_table_status {
	uint64_t capacity;
	uint64_t used;
	uint64_t high_water; // highest use since the worker started
	uint64_t refused; // since the file was made
};

// Cumulative since the file was made. Every datapath core counts in a row of its own, the whole is their sum; the two
// marked "control" are in row 0. received + originated == forwarded + punted + consumed + sum(dropped) + held, at rest held is 0.
struct fw_counters {
	uint64_t received; // packets from ports and from the kernel TAPs
	uint64_t received_bytes;
	uint64_t originated; // packets that the worker made itself: resets, ICMP errors
	uint64_t forwarded; // to a port
	uint64_t forwarded_bytes;
	uint64_t punted; // to a kernel TAP
	uint64_t consumed; // eaten on purpose, for example by a rate limit of our own errors
	uint64_t held; // gauge: packets waiting for a neighbor
	uint64_t dropped[FW_DROP_COUNT];
	uint64_t sessions4; // gauge
	uint64_t sessions6; // gauge
	uint64_t sessions_opened;
	uint64_t sessions_closed;
	uint64_t sessions_expired;
	uint64_t sessions_denied; // ended because a new configuration denies them
	uint64_t sessions_untranslated; // ended because the address, port or rule that they are translated by is gone
	uint64_t sessions_recovered; // taken over from an earlier worker
	uint64_t sessions_discarded; // found damaged when taken over, and not used
	uint64_t errors_limited; // resets and ICMP errors not sent because of the rate limit
	uint64_t generations_accepted; // control
	uint64_t generations_refused; // control
	uint64_t sleeps; // times the core waited for an event
	uint64_t sleep_ns; // time that it did
	uint64_t mode_switches; // changes between polling and sleeping in adaptive mode
	uint64_t wakeups; // sleeps that frames ended: by an interrupt, or by the descriptor of a kernel device
	uint64_t wakeups_missed; // times a port's frames waited although its interrupts were armed, and none came
	uint64_t steered; // packets given to the core that owns their session
	uint64_t steered_in; // packets taken from other cores
	uint64_t busy_ns; // time of turns that found something to do, brought up to date with the core's heartbeat
};

enum fw_port_state { FW_PORT_ABSENT = 0, FW_PORT_DOWN = 1, FW_PORT_UP = 2 };

// How a port with several cores comes to be read.
enum fw_spread {
	FW_SPREAD_NONE = 0, // one core reads it, and passes on what others own
	FW_SPREAD_DEVICE = 1, // several cores, a queue each; the device spreads in its own way, and cores pass on what others own
	FW_SPREAD_OWNER = 2, // every core, a queue each; the device brings TCP and UDP to the core that owns the session
};

// How a port wakes a core that sleeps.
enum fw_rx_wake {
	FW_WAKE_NONE = 0, // the port is absent
	FW_WAKE_DESCRIPTOR = 1, // the descriptor of a kernel device
	FW_WAKE_REFUSED = 2, // the driver has no rx interrupts, or refused to arm them
	FW_WAKE_UNTRIED = 3, // the port has not been up since it was opened
	FW_WAKE_ACCEPTED = 4, // the driver armed them; none has come yet
	FW_WAKE_DELIVERED = 5, // an interrupt has come
	FW_WAKE_SILENT = 6, // armed, and frames waited several times in a row without one: the port is polled
};

// Everything but the four counts of frames and the two of wake-ups is in the row of core 0 only.
struct fw_port_status {
	char name[FW_NAME_SIZE]; // empty: unused slot
	uint32_t state; // enum fw_port_state
	uint32_t mtu;
	uint8_t mac[6];
	uint8_t spread; // enum fw_spread
	uint8_t readers; // how many cores read it, each by a queue of its own when there are several
	uint32_t reader; // index of the core that reads it, if only one does
	uint8_t rx_mode_requested; // enum fw_rx_mode
	uint8_t rx_mode_effective; // of the core that reads it; of several the one that is most awake
	uint8_t rx_wake; // enum fw_rx_wake
	uint8_t pad;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t rx_missed; // lost before the worker could read them
	uint64_t wakeups; // interrupts that came
	uint64_t wakeups_missed;
	char message[FW_MESSAGE_SIZE]; // why it is not up; empty when up
	char rx_mode_reason[FW_MESSAGE_SIZE]; // why the two modes differ; empty when equal
};

struct fw_interface_status {
	char name[FW_IFNAME_SIZE]; // empty: unused slot
	uint32_t ifindex; // of the kernel TAP; 0: none yet
	uint32_t pad;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t punted; // to the kernel TAP
	uint64_t from_host; // from the kernel TAP
};

// A policy keeps its slot while it is in the program; after its end another one may get it.
struct fw_policy_counters {
	uint64_t name_id; // of the policy; 0: unused slot
	uint64_t packets; // of its sessions, both directions, or denied
	uint64_t bytes;
	uint64_t sessions; // opened
};

enum fw_tcp_state {
	FW_TCP_NONE = 0, // not TCP
	FW_TCP_SYN_SENT = 1,
	FW_TCP_SYN_RECEIVED = 2,
	FW_TCP_ESTABLISHED = 3,
	FW_TCP_FIN_WAIT = 4, // the initiator has sent FIN
	FW_TCP_CLOSING = 5, // both sides have sent FIN
	FW_TCP_TIME_WAIT = 6,
	FW_TCP_CLOSED = 7, // reset
	FW_TCP_CLOSE_WAIT = 8, // the responder has sent FIN
};

enum fw_session_flag {
	FW_SESSION_FROM_HOST = 1, // the firewall itself opened it
	FW_SESSION_TO_HOST = 2, // it ends at the firewall itself
};

// Values of fw_line4.next_hop and fw_line6.next_hop beside rows of the neighbor table.
#define FW_HOP_NONE 0xffff // not cached
#define FW_HOP_HOST 0xfffe // the firewall itself
#define FW_ZONE_SELF 0xff // in_zone: the firewall itself
#define FW_POLICY_NONE 0xffff // policy: host session or default action

// Bits of fw_line4.flags and fw_line6.flags.
enum fw_line_flag {
	FW_LINE_NAT = 1, // packets of this direction are rewritten; in both lines or in none
};

// One direction of an IPv4 session: 64 bytes, one cache line; all that a packet needs that is not TCP. The first 16 bytes
// are the key: packets as they are received. Ports of ICMP queries: identifier, identifier.
struct fw_line4 {
	uint8_t source[4];
	uint8_t destination[4];
	uint16_t source_port_be;
	uint16_t destination_port_be;
	uint8_t protocol;
	uint8_t zero;
	uint16_t vrf; // kernel table id of the interface that packets of this direction come in through; 0: the main table
	uint8_t new_source[4]; // with FW_LINE_NAT: what a packet becomes, the key of the other line turned round; else 0
	uint8_t new_destination[4];
	uint16_t new_source_port_be;
	uint16_t new_destination_port_be;
	uint16_t l3_delta; // one's complement difference that goes into the checksum of the IP header
	uint16_t l4_delta; // of TCP, UDP (pseudo header and ports) or ICMP (identifier)
	uint32_t epoch; // policy epoch that admitted or last confirmed it
	uint32_t last_seen; // ticks of 1/1024 s since the state file was made
	uint32_t next_hop_version; // version of the routes that next_hop belongs to
	uint16_t next_hop; // row of the neighbor table, FW_HOP_NONE or FW_HOP_HOST
	uint16_t policy; // slot of its counters; FW_POLICY_NONE
	uint32_t packets; // low 32 bits; the rest in fw_session_track.packets_high
	uint8_t in_zone; // row in the epoch's program that packets of this direction come from; FW_ZONE_SELF
	uint8_t flags; // enum fw_line_flag
	uint16_t spare;
	uint64_t bytes;
};

// One direction of an IPv6 session: 128 bytes. The first 40 bytes are the key.
struct fw_line6 {
	uint8_t source[16];
	uint8_t destination[16];
	uint16_t source_port_be;
	uint16_t destination_port_be;
	uint8_t protocol;
	uint8_t zero;
	uint16_t vrf;
	uint32_t epoch;
	uint32_t last_seen;
	uint32_t next_hop_version;
	uint16_t next_hop;
	uint16_t policy;
	uint32_t packets;
	uint8_t in_zone;
	uint8_t flags; // 0
	uint16_t spare;
	uint64_t bytes;
	uint8_t pad[56];
};

// Bits of fw_tcp_side.flags.
enum fw_tcp_side_flag {
	FW_TCP_SIDE_SYN = 1, // it has sent a SYN and acknowledged nothing yet: ack is its first sequence number plus one
	FW_TCP_SIDE_SCALES = 2, // its SYN had a window scale; until the connection is established
	FW_TCP_SIDE_RESET = 4, // its reset may have overtaken data
};

// What one end of a TCP connection has sent.
struct fw_tcp_side {
	uint32_t end; // highest sequence number sent, plus one
	uint32_t max_end; // highest sequence number that the other end has room for
	uint32_t ack; // last acknowledgment that it sent, or would send
	uint32_t max_window; // largest window that it announced
	uint8_t scale; // of its windows
	uint8_t flags; // enum fw_tcp_side_flag
	uint16_t isn_low; // of its first sequence number
};

// What both directions change together: 64 bytes.
struct fw_session_track {
	struct fw_tcp_side side[2]; // 0: the initiator
	uint8_t state; // enum fw_tcp_state
	uint8_t icmp_kinds[2]; // bits of the ICMP query kinds that each direction may send
	uint8_t half_open; // 1 + what it is counted under as half-open; 0: it is not
	uint32_t timeout; // ticks
	uint32_t application_timeout; // ticks; 0: the protocol's default
	uint32_t binding; // row of bindings; FW_NO_INDEX: none
	uint16_t packets_high[2]; // of the two lines
	uint32_t syn_next; // sequence number after a SYN inside a live connection; 0: none
};

// What is needed rarely: 64 bytes.
struct fw_session_cold {
	uint64_t id; // unique in this state file, never 0
	uint64_t created_at_ns; // CLOCK_REALTIME
	uint32_t in_name_id; // fw_interface_row.name_id of the initiator's interface; 0: the firewall itself
	uint32_t out_name_id; // of the responder's interface; 0: the firewall itself
	uint64_t policy_name_id; // 0: default action or host session
	uint32_t flags; // enum fw_session_flag
	uint32_t nat_source_id; // CRC-32C of the name of the source NAT rule; 0: none
	uint32_t nat_destination_id; // of the destination or static NAT rule; 0: none
	uint8_t pad[12];
	uint32_t checksum; // CRC-32C of the first 32 (IPv4) or 40 (IPv6) bytes of both lines, id and in_name_id
	uint32_t valid; // FW_SESSION_VALID when committed; written last, cleared first
};

// 256 bytes.
struct fw_session4 {
	struct fw_line4 line[2]; // 0: initiator to responder, 1: replies
	struct fw_session_track track;
	struct fw_session_cold cold;
};

// 384 bytes.
struct fw_session6 {
	struct fw_line6 line[2];
	struct fw_session_track track;
	struct fw_session_cold cold;
};

// Bits of fw_binding.flags.
enum fw_binding_flag {
	FW_BINDING_PERSISTENT = 1, // endpoint-independent mapping: lives on without sessions
	FW_BINDING_ANY_REMOTE = 2, // everybody may send to it
};

// A NAT binding: an internal endpoint and its external one. 64 bytes.
struct fw_binding {
	uint8_t internal[4];
	uint8_t external[4];
	uint16_t internal_port_be;
	uint16_t external_port_be;
	uint8_t protocol;
	uint8_t flags; // enum fw_binding_flag
	uint16_t vrf; // of the internal endpoint
	uint64_t created_at_ns; // CLOCK_REALTIME
	uint32_t rule_id; // CRC-32C of the name of the source NAT rule
	uint32_t timeout; // ticks without a session
	uint32_t last_seen; // ticks, of the last session's end
	uint8_t pad[20];
	uint32_t checksum; // CRC-32C of the first 28 bytes
	uint32_t valid; // FW_SESSION_VALID when committed; written last, cleared first
};

#endif
