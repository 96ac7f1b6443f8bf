// SPDX-License-Identifier: Apache-2.0
// Internet checksum (RFC 1071, 1624) over bytes in network order. Reads bytes only, so it cannot be
// hurt by aliasing or alignment.
#ifndef PORTCULLIS_PIPELINE_CHECKSUM_H
#define PORTCULLIS_PIPELINE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Sum of a run of bytes; start at an even offset of the message. The words are summed as the
// machine reads them; the one's-complement sum does not care about byte order until it is stored.
static inline uint64_t checksum_add(uint64_t sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	while (length >= 4) {
		uint32_t word;
		memcpy(&word, at, 4);
		sum += word;
		at += 4;
		length -= 4;
	}
	if (length >= 2) {
		uint16_t word;
		memcpy(&word, at, 2);
		sum += word;
		at += 2;
		length -= 2;
	}
	if (length != 0) {
		uint16_t word = 0;
		memcpy(&word, at, 1);
		sum += word;
	}
	return sum;
}

static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

// The value to store (memcpy) into a checksum field, in the machine's reading order.
static inline uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

static inline void checksum_store(uint8_t *field, uint64_t sum)
{
	uint16_t value = checksum_finish(sum);
	memcpy(field, &value, 2);
}

// True when the bytes, checksum field included, sum up.
static inline int checksum_ok(const void *bytes, size_t length)
{
	return checksum_fold(checksum_add(0, bytes, length)) == 0xffff;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are put together as they are loaded");

// IPv4 checksum after the TTL (not 0) went down by one: one up, and the carry comes back (RFC 1624
// equation 3 for this case). TTL, protocol and checksum are one word.
static inline void checksum_decrement_ttl(uint8_t *ipv4)
{
	uint32_t word;
	memcpy(&word, ipv4 + 8, 4);
	word += 0xffffu + ((uint32_t)(word >= 0xfffe0000u) << 16);
	memcpy(ipv4 + 8, &word, 4);
}

#endif
