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
	case IPPROTO_AH: // at least SPI and sequence number (RFC 4302)
		return at[1] == 0 ? 0 : (at[1] + 2u) * 4;
	default:
		return 0;
	}
}

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_AH;
}

enum fw_drop parse_extensions(const uint8_t *ip, uint32_t limit, uint8_t next, uint8_t *protocol,
			      uint32_t *l4)
{
	uint32_t at = 40;
	for (unsigned count = 0; is_extension(next); count++) {
		if (count == HEADERS_MAX || limit - at < 8 ||
		    (next == IPPROTO_HOPOPTS && count != 0))
			return FW_DROP_EXTENSION_HEADERS;
		uint32_t size = extension_size(next, ip + at);
		if (size < 8 || size > limit - at)
			return FW_DROP_EXTENSION_HEADERS;
		if (next == IPPROTO_ROUTING && ip[at + 2] == 0)
			return FW_DROP_SOURCE_ROUTE;
		next = ip[at];
		at += size;
	}
	if (next == IPPROTO_FRAGMENT)
		return FW_DROP_FRAGMENT_UNSUPPORTED;
	*protocol = next;
	*l4 = at;
	return FW_DROP_COUNT;
}
