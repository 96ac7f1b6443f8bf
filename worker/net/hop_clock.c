// SPDX-License-Identifier: Apache-2.0
#include "net/hop_clock.h"

#define ENUMERATED_BITS 8 // a shorter prefix than this many bits above a bucket concerns all

static void note_bucket(struct hop_clock *c, uint32_t bucket)
{
	__atomic_store_n(&c->buckets[bucket], hop_clock_next(c), __ATOMIC_RELAXED);
}

void hop_clock_note_all(struct hop_clock *c)
{
	__atomic_store_n(&c->floor, hop_clock_next(c), __ATOMIC_RELAXED);
}

void hop_clock_note(struct hop_clock *c, uint16_t vrf, uint8_t family, const uint8_t *prefix,
		    unsigned length)
{
	unsigned whole = family == 4 ? 16 : 32;
	unsigned above = length < whole ? whole - length : 0;
	if (above > ENUMERATED_BITS) {
		hop_clock_note_all(c);
		return;
	}
	for (uint32_t i = 0; i < 1u << above; i++) {
		uint8_t address[16];
		memcpy(address, prefix, family == 4 ? 4 : 16);
		address[whole / 8 - 1] |= (uint8_t)i; // at most eight bits: they lie in this byte
		note_bucket(c, family == 4 ? hop_clock_bucket4(vrf, address)
					   : hop_clock_bucket6(vrf, address));
	}
}

void hop_clock_tick(struct hop_clock *c)
{
	uint32_t next = hop_clock_next(c);
	if (next % HOP_CLOCK_ERA == 0) // no note may grow so old that it looks new again
		for (uint32_t i = 0; i <= HOP_CLOCK_BUCKETS; i++)
			__atomic_store_n(i < HOP_CLOCK_BUCKETS ? &c->buckets[i] : &c->floor, next,
					 __ATOMIC_RELAXED);
	__atomic_store_n(&c->version, next, __ATOMIC_RELEASE);
}
