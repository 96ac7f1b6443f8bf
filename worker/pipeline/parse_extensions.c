// SPDX-License-Identifier: Apache-2.0
// The chain of IPv6 extension headers (RFC 8200 section 4): at most eight, each inside the packet.
#include <netinet/in.h>
#include "pipeline/parse.h"

enum { HEADERS_MAX = 8 };

// Bytes of one extension header, or 0 when it cannot be one.
static uint32_t extension_size(uint8_t next, const uint8_t *at)
{
	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return (at[1] + 1u) * 8;
	case IPPROTO_FRAGMENT:
		return 8;
	case IPPROTO_AH: // at least SPI and sequence number (RFC 4302)
		return at[1] == 0 ? 0 : (at[1] + 2u) * 4;
	default:
		return 0;
	}
}

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_AH || next == IPPROTO_FRAGMENT;
}

enum fw_drop parse_extensions(const uint8_t *ip, uint32_t limit, struct extensions *e)
{
	uint8_t next = ip[6];
	bool fragment_seen = false;
	e->protocol = 0;
	e->fragment = 0;
	e->l4 = 40;
	for (unsigned count = 0; is_extension(next); count++) {
		uint32_t at = e->l4;
		if (count == HEADERS_MAX || limit - at < 8 ||
		    (next == IPPROTO_HOPOPTS && count != 0) ||
		    (next == IPPROTO_FRAGMENT && fragment_seen))
			return FW_DROP_EXTENSION_HEADERS;
		uint32_t size = extension_size(next, ip + at);
		if (size < 8 || size > limit - at)
			return FW_DROP_EXTENSION_HEADERS;
		if (next == IPPROTO_ROUTING && ip[at + 2] == 0)
			return FW_DROP_SOURCE_ROUTE;
		if (next == IPPROTO_FRAGMENT) {
			uint16_t word = read16(ip + at + 2);
			fragment_seen = true;
			e->fragment = word & 0xfff9 ? at : 0; // offset or "more": else atomic
			if ((word & 0xfff8) != 0) {           // no header behind it
				e->protocol = ip[at];
				e->l4 = at + size;
				return FW_DROP_COUNT;
			}
		}
		next = ip[at];
		e->l4 += size;
	}
	e->protocol = next;
	return FW_DROP_COUNT;
}
