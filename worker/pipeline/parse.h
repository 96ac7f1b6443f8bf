// SPDX-License-Identifier: Apache-2.0
// Bytes to struct packet. Nothing after the parser reads a length that it did not check.
#ifndef PORTCULLIS_PIPELINE_PARSE_H
#define PORTCULLIS_PIPELINE_PARSE_H

#include "pipeline/packet.h"

// A frame from a port: finds the interface by port and VLAN, checks everything that needs no state,
// sets the lane. The mbuf has one segment.
void parse_port_frame(const struct tables *t, uint32_t port, bool any_mac, struct packet *p);

// A frame that the kernel sent. LANE_FLOW when it has a session key, LANE_ICMP_ERROR when it quotes a
// packet; LANE_KERNEL for all else that is to be sent as it is.
void parse_host_frame(struct packet *p);

// The packet that an ICMP error quotes: fills the key of the direction it travelled in. False:
// cannot be of a session.
bool parse_quote(const struct packet *error, struct packet *quoted);

// The IPv6 extension headers of a packet.
struct extensions {
	uint8_t protocol;  // what follows the last of them
	uint32_t l4;       // offset of that; when the chain is bad, of the header that is
	uint32_t fragment; // offset of the fragment header; 0: none, or of an atomic fragment (RFC 6946)
};

// limit: bytes that may be read, at least 40. Returns FW_DROP_COUNT when fine, else the reason. Ends at
// the fragment header of a fragment that is not the first.
enum fw_drop parse_extensions(const uint8_t *ip, uint32_t limit, struct extensions *e);

// Fragments (parse_fragment.c): p->fragment and p->part, and what the first of a datagram has of a
// transport header. reason: what parse_extensions() said.
void parse_fragment4(struct packet *p);
enum fw_drop parse_fragment6(struct packet *p, const struct extensions *e, enum fw_drop reason);
void parse_fragment_transport(struct packet *p);
// The lane that has been found is the datagram's.
void parse_fragment_lane(struct packet *p);

// Transport header of a packet whose IP header is good: ports, flags, ICMP kind, lane.
void parse_transport(struct packet *p);

#endif
