// SPDX-License-Identifier: Apache-2.0
// Makes an IPv4 packet equal to what its session line says it becomes. Checksums are updated by the
// line's deltas (RFC 1624 equation 3), never recomputed, so a wrong one stays wrong and a first
// fragment is as good as a whole packet. SCTP keeps its ports, and its checksum covers no address.
#ifndef PORTCULLIS_NAT_REWRITE_H
#define PORTCULLIS_NAT_REWRITE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "shm/layout.h"

// One's-complement sums of 16-bit words as the machine reads them.
static inline uint16_t rewrite_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

// What a checksum field becomes when the words below it have changed by delta.
static inline uint16_t rewrite_sum(uint16_t field, uint16_t delta)
{
	return (uint16_t)~rewrite_fold((uint32_t)(uint16_t)~field + delta);
}

static inline void rewrite_field(uint8_t *at, uint16_t delta)
{
	uint16_t field;
	memcpy(&field, at, 2);
	field = rewrite_sum(field, delta);
	memcpy(at, &field, 2);
}

// UDP: 0 says that there is none.
static inline void rewrite_udp(uint8_t *at, uint16_t delta)
{
	uint16_t field;
	memcpy(&field, at, 2);
	if (field == 0)
		return;
	field = rewrite_sum(field, delta);
	if (field == 0)
		field = 0xffff;
	memcpy(at, &field, 2);
}

// later: a fragment without a transport header.
static inline void rewrite4(uint8_t *ip, uint16_t l4, uint8_t protocol, bool later,
			    const struct fw_line4 *line)
{
	uint8_t *at = ip + l4;
	memcpy(ip + 12, line->new_source, 8); // and new_destination behind it
	rewrite_field(ip + 10, line->l3_delta);
	if (__builtin_expect(later, 0))
		return;
	switch (protocol) {
	case IPPROTO_TCP:
		memcpy(at, &line->new_source_port_be, 4); // and new_destination_port_be behind it
		rewrite_field(at + 16, line->l4_delta);
		break;
	case IPPROTO_UDP:
		memcpy(at, &line->new_source_port_be, 4);
		rewrite_udp(at + 6, line->l4_delta);
		break;
	case IPPROTO_ICMP:
		memcpy(at + 4, &line->new_source_port_be, 2); // the identifier
		rewrite_field(at + 2, line->l4_delta);
		break;
	default:
		break;
	}
}

_Static_assert(offsetof(struct fw_line4, new_destination) ==
		       offsetof(struct fw_line4, new_source) + 4 &&
		   offsetof(struct fw_line4, new_destination_port_be) ==
		       offsetof(struct fw_line4, new_source_port_be) + 2,
	       "written by one store each");

// Fills the deltas of a line from its key and its new_*.
void rewrite_prepare(struct fw_line4 *line);

// The tuple of a quoted packet, as an ICMP error carries it.
struct rewrite_tuple {
	uint8_t source[4], destination[4];
	uint16_t source_port_be, destination_port_be; // of ICMP queries: the identifier twice
};

// Makes the start of a quoted packet (left bytes are there) equal to a tuple: addresses, and what
// is there of ports and checksums. The caller mends the checksum around it.
void rewrite_quote4(uint8_t *ip, uint32_t left, const struct rewrite_tuple *to);

#endif
