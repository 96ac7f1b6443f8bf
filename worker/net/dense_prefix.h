// SPDX-License-Identifier: Apache-2.0
// Prefixes below 2001:db8::/32 for tests: /32 to /48, and a /64 below each /48.
#ifndef PORTCULLIS_NET_DENSE_PREFIX_H
#define PORTCULLIS_NET_DENSE_PREFIX_H

#include <stdint.h>
#include <string.h>

#define DENSE_LENGTHS 17u // kinds: /32 to /48; one more is the /64

static inline unsigned dense_length(unsigned kind)
{
	return kind == DENSE_LENGTHS ? 64 : 32 + kind;
}

// bits: those after the first 32, as many as the length decides, at most 16.
static inline void dense_prefix(unsigned kind, uint32_t bits, uint8_t prefix[16])
{
	static const uint8_t first[4] = {0x20, 0x01, 0x0d, 0xb8};
	uint32_t place = kind >= 16 ? bits : bits << (16 - kind);
	memset(prefix, 0, 16);
	memcpy(prefix, first, 4);
	prefix[4] = (uint8_t)(place >> 8);
	prefix[5] = (uint8_t)place;
	prefix[7] = kind == DENSE_LENGTHS ? 7 : 0;
}

#endif
