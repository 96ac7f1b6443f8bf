// SPDX-License-Identifier: Apache-2.0
// Kinds of IP addresses that decide a packet's fate before anything is looked up.
#ifndef PORTCULLIS_PIPELINE_ADDRESS_H
#define PORTCULLIS_PIPELINE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool address4_is_group(const uint8_t a[4])
{
	return (a[0] & 0xf0) == 0xe0 || (a[0] & a[1] & a[2] & a[3]) == 0xff;
}

static inline bool address4_is_zero(const uint8_t a[4])
{
	return (a[0] | a[1] | a[2] | a[3]) == 0;
}

// "This network" (0.0.0.0/8) and loopback: neither may be on a wire as source or destination.
static inline bool address4_is_martian(const uint8_t a[4])
{
	return a[0] == 0 || a[0] == 127;
}

static inline bool address6_is_group(const uint8_t a[16])
{
	return a[0] == 0xff;
}

static inline bool address6_is_link_local(const uint8_t a[16])
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

static inline bool address6_is_unspecified(const uint8_t a[16])
{
	static const uint8_t zero[16];
	return memcmp(a, zero, 16) == 0;
}

// Unspecified, loopback, and IPv4-mapped addresses (RFC 4291 2.5.5.2 keeps those off the wire; they
// would slip past rules written for IPv4).
static inline bool address6_is_martian(const uint8_t a[16])
{
	static const uint8_t zero[16], mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (a[0] != 0)
		return false;
	if (memcmp(a, mapped, 12) == 0)
		return true;
	return memcmp(a, zero, 15) == 0 && a[15] <= 1;
}

// The first length bits agree.
static inline bool address_in_prefix(const uint8_t *a, const uint8_t *prefix, unsigned length)
{
	unsigned bytes = length / 8, bits = length % 8;
	return memcmp(a, prefix, bytes) == 0 &&
	       (bits == 0 || ((a[bytes] ^ prefix[bytes]) >> (8 - bits)) == 0);
}

#endif
