// SPDX-License-Identifier: Apache-2.0
// Bytes to struct packet. Nothing after the parser reads a length that it did not check.
#ifndef PORTCULLIS_PIPELINE_PARSE_H
#define PORTCULLIS_PIPELINE_PARSE_H

#include "pipeline/packet.h"

// A frame from a port: finds the interface by port and VLAN, checks everything that needs no state,
// sets the lane. The mbuf has one segment.
void parse_port_frame(const struct tables *t, uint32_t port, bool any_mac, struct packet *p);

// A frame that the kernel sent. LANE_FLOW when it has a session key; LANE_KERNEL for all else that
// is to be sent as it is.
void parse_host_frame(struct packet *p);

// The packet that an ICMP error quotes: fills the key of the direction it travelled in. False:
// cannot be of a session.
bool parse_quote(const struct packet *error, struct packet *quoted);

// IPv6 extension headers from at (offset of the first one, of type next). limit: bytes that may be
// read. Returns FW_DROP_COUNT when fine, then *protocol and *l4 are set; else the reason.
enum fw_drop parse_extensions(const uint8_t *ip, uint32_t limit, uint8_t next, uint8_t *protocol,
			      uint32_t *l4);

// Transport header of a packet whose IP header is good: ports, flags, ICMP kind, lane.
void parse_transport(struct packet *p);

#endif
