// SPDX-License-Identifier: Apache-2.0
// What the pipeline knows about one packet. It lives on the stack of its burst, or in the hold
// queue.
#ifndef PORTCULLIS_PIPELINE_PACKET_H
#define PORTCULLIS_PIPELINE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include "pipeline/fragment_table.h"
#include "pipeline/pipeline.h"
#include "pipeline/tcp_state.h"

#define ROW_NONE UINT16_MAX  // no interface
#define ZONE_SELF FW_ZONE_SELF // the firewall itself, as a place where packets come from

// What the parser says: where a packet goes next.
enum lane {
	LANE_FLOW,       // has a session key
	LANE_ICMP_ERROR, // quotes a packet of a session
	LANE_ICMP_ONCE,  // ICMP that is neither query nor error: judged one by one, never a session
	LANE_KERNEL,     // always for the kernel: ARP, IGMP, MLD
	LANE_DISCOVERY,  // IPv6 neighbor discovery: for the kernel, or wrong
	LANE_GROUP,      // IP multicast and broadcast
	LANE_FRAGMENT,   // a piece of a datagram; packet.part.lane says where the whole would go
	LANE_DROP,       // packet.reason
};

// ICMP queries, as bits of track.icmp_kinds: what a direction of an ICMP session may send.
enum icmp_kind {
	ICMP_KIND_NONE = 0,
	ICMP_KIND_ECHO = 1,
	ICMP_KIND_ECHO_REPLY = 2,
	ICMP_KIND_TIMESTAMP = 4,
	ICMP_KIND_TIMESTAMP_REPLY = 8,
	ICMP_KIND_REQUESTS = ICMP_KIND_ECHO | ICMP_KIND_TIMESTAMP,
};

enum fragment {
	FRAGMENT_NONE,  // a whole packet
	FRAGMENT_FIRST, // with the transport header
	FRAGMENT_LATER, // there is no transport header at packet.l4
};

struct packet {
	// what the fast path reads and writes; pass A fills the three groups by one store each
	struct rte_mbuf *mbuf; // data starts at the Ethernet header
	uint8_t *ip;
	uint64_t hash;
	union {
		struct {
			uint16_t interface, zone; // ingress rows; ZONE_SELF
			uint16_t tci; // tag it came with, 0: none
			uint16_t vrf; // of the ingress interface, from the kernel: of the egress interface; also in the key
		};
		uint64_t place;
	};
	union {
		struct {
			uint16_t ip_length; // by the IP header; padding excluded
			uint16_t l4;        // offset of the transport header from ip
			uint16_t l2_length; // 14, or 18 with a tag in the frame
			uint16_t icmp_type; // type << 8 | code
		};
		uint64_t extent;
	};
	union {
		struct {
			uint8_t family; // 4, 6; 0: not IP
			uint8_t protocol;
			uint8_t lane;      // enum lane
			uint8_t tcp_class; // enum tcp_class
			uint8_t icmp_kind; // enum icmp_kind
			bool l2_group;     // sent to a multicast or broadcast MAC address
			bool own;          // made by the core itself
			uint8_t fragment;  // enum fragment
		};
		uint64_t kind;
	};
	union {
		struct session_key4 key4;
		struct session_key6 key6;
	};
	uint32_t candidate; // session * 2 + direction, or FW_NO_INDEX
	// the rest
	uint8_t reason;            // enum fw_drop, for LANE_DROP
	struct fragment_part part; // of a fragment
	struct packet_end end;     // packet_start_end() first
};

// The groups, as receive.h puts them together.
#define PACKET_TCI_SHIFT 32
#define PACKET_VRF_SHIFT 48
#define PACKET_L4_SHIFT 16
#define PACKET_L2_SHIFT 32
#define PACKET_PROTOCOL_SHIFT 8
#define PACKET_TCP_SHIFT 24
_Static_assert(offsetof(struct packet, tci) == offsetof(struct packet, place) + PACKET_TCI_SHIFT / 8 &&
		   offsetof(struct packet, vrf) == offsetof(struct packet, place) + PACKET_VRF_SHIFT / 8 &&
		   offsetof(struct packet, l4) == offsetof(struct packet, extent) + PACKET_L4_SHIFT / 8 &&
		   offsetof(struct packet, l2_length) ==
		       offsetof(struct packet, extent) + PACKET_L2_SHIFT / 8 &&
		   offsetof(struct packet, protocol) ==
		       offsetof(struct packet, kind) + PACKET_PROTOCOL_SHIFT / 8 &&
		   offsetof(struct packet, tcp_class) ==
		       offsetof(struct packet, kind) + PACKET_TCP_SHIFT / 8 &&
		   LANE_FLOW == 0 && ICMP_KIND_NONE == 0 && FRAGMENT_NONE == 0,
	       "a group is one little-endian word");

static inline uint8_t *packet_l2(const struct packet *p)
{
	return p->ip - p->l2_length;
}

static inline const uint8_t *packet_source(const struct packet *p)
{
	return p->family == 4 ? p->key4.source : p->key6.source;
}

static inline const uint8_t *packet_destination(const struct packet *p)
{
	return p->family == 4 ? p->key4.destination : p->key6.destination;
}

static inline uint8_t packet_ttl(const struct packet *p)
{
	return p->family == 4 ? p->ip[8] : p->ip[7];
}

// Unaligned big-endian fields.
static inline uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t read32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void write16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void write32(uint8_t *at, uint32_t value)
{
	write16(at, (uint16_t)(value >> 16));
	write16(at + 2, (uint16_t)value);
}

#endif
