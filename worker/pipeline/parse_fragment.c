// SPDX-License-Identifier: Apache-2.0
// Fragments of both families, as far as one of them can be judged by itself: where it lies in its
// datagram, and that the first one has the whole transport header (RFC 1858, 3128, 7112, 8200 4.5).
#include <netinet/in.h>
#include "pipeline/parse.h"

static void drop(struct packet *p, enum fw_drop reason)
{
	p->lane = LANE_DROP;
	p->reason = (uint8_t)reason;
}

// Bytes at the start of a datagram that no other piece than the first may hold.
static uint32_t header_size(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? 20 : protocol == IPPROTO_SCTP ? 12 : 8;
}

// Offset and length: all but the last are multiples of eight, and the end is where a datagram can
// end.
static bool set_part(struct packet *p, uint32_t start, uint16_t word, uint32_t id, uint32_t limit)
{
	uint32_t length = (uint32_t)p->ip_length - start;
	p->part.id = id;
	p->part.at = word & 0xfff8;
	p->part.length = (uint16_t)length;
	p->part.more = (word & 1) != 0;
	p->part.lane = LANE_FLOW;
	p->fragment = p->part.at == 0 ? FRAGMENT_FIRST : FRAGMENT_LATER;
	return length != 0 && (length % 8 == 0 || !p->part.more) && p->part.at + length <= limit;
}

static void fail(struct packet *p, enum fw_drop reason)
{
	p->fragment = FRAGMENT_NONE; // no datagram shall know of it
	drop(p, reason);
}

void parse_fragment_transport(struct packet *p)
{
	p->lane = LANE_FLOW;
	if (p->fragment == FRAGMENT_LATER) {
		if (p->part.at < header_size(p->protocol))
			fail(p, FW_DROP_FRAGMENT_TINY);
		return;
	}
	parse_transport(p);
	if (p->lane == LANE_DROP && p->reason == FW_DROP_L4_TRUNCATED)
		p->reason = FW_DROP_FRAGMENT_TINY;
}

void parse_fragment4(struct packet *p)
{
	uint16_t word = read16(p->ip + 6);
	uint16_t as6 = (uint16_t)(word << 3 | (word >> 13 & 1)); // as in the IPv6 fragment header
	if (set_part(p, p->l4, as6, read16(p->ip + 4), UINT16_MAX - (uint32_t)p->l4))
		parse_fragment_transport(p);
	else
		fail(p, FW_DROP_FRAGMENT_INVALID);
}

// The chain of headers of the first fragment must end inside it.
enum fw_drop parse_fragment6(struct packet *p, const struct extensions *e, enum fw_drop reason)
{
	const uint8_t *at = p->ip + e->fragment;
	bool possible =
	    set_part(p, e->fragment + 8, read16(at + 2), read32(at + 4), UINT16_MAX);
	if (possible && reason == FW_DROP_COUNT)
		return FW_DROP_COUNT;
	p->fragment = FRAGMENT_NONE;
	if (!possible) { // RFC 8200 4.5: the length, or the offset
		p->l4 = (uint16_t)(p->part.length % 8 != 0 || p->part.length == 0 ? 4 : e->fragment + 2);
		return FW_DROP_FRAGMENT_INVALID;
	}
	return reason == FW_DROP_EXTENSION_HEADERS ? FW_DROP_FRAGMENT_TINY : reason;
}

void parse_fragment_lane(struct packet *p)
{
	if (p->lane == LANE_DROP && p->fragment == FRAGMENT_LATER)
		return;
	p->part.lane = p->lane;
	p->lane = LANE_FRAGMENT;
}
