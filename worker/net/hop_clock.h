// SPDX-License-Identifier: Apache-2.0
// When routes and neighbors last changed, so that a next hop cached in a session stays good while
// other routes change.
//
// The version grows with every change. A change also notes the new version at what it concerns: a
// route at the destinations below it (coarsely: by the first 16 bits of IPv4, 32 of IPv6), a
// neighbor at its slot, and what concerns too much to say at floor. A hop that was cached under
// version v is good as long as none of these is newer than v.
//
// One writer: it changes the table first, then notes, then lets the version grow. A reader takes
// the version before it looks anything up, and caches what it finds under that version: whatever
// changed meanwhile is newer.
#ifndef PORTCULLIS_NET_HOP_CLOCK_H
#define PORTCULLIS_NET_HOP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HOP_CLOCK_BUCKETS 65536u
#define HOP_CLOCK_ERA (1u << 30) // versions are compared as signed differences

struct hop_clock {
	uint32_t version; // never 0
	uint32_t floor;
	uint32_t buckets[HOP_CLOCK_BUCKETS];
};

static inline uint32_t hop_clock_version(const struct hop_clock *c)
{
	return __atomic_load_n(&c->version, __ATOMIC_ACQUIRE);
}

static inline bool hop_clock_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static inline uint32_t hop_clock_bucket4(uint16_t vrf, const uint8_t *address)
{
	return ((uint32_t)address[0] << 8 | address[1]) ^ (vrf * 0x9e35u & 0xffff);
}

static inline uint32_t hop_clock_bucket6(uint16_t vrf, const uint8_t *address)
{
	uint32_t first;
	memcpy(&first, address, 4);
	return (first * 0x9e3779b1u >> 16) ^ (vrf * 0x9e35u & 0xffff);
}

// Reader: nothing has changed for this destination since version.
static inline bool hop_clock_good(const struct hop_clock *c, uint32_t bucket, uint32_t version)
{
	uint32_t floor = __atomic_load_n(&c->floor, __ATOMIC_RELAXED);
	uint32_t at = __atomic_load_n(&c->buckets[bucket], __ATOMIC_RELAXED);
	return !hop_clock_newer(floor, version) && !hop_clock_newer(at, version);
}

// Writer: the version that a change in progress gets. Notes are stored before hop_clock_tick().
static inline uint32_t hop_clock_next(const struct hop_clock *c)
{
	return c->version + 1 != 0 ? c->version + 1 : 1;
}

// Writer: everything that was noted since the last tick becomes visible.
void hop_clock_tick(struct hop_clock *c);
void hop_clock_note_all(struct hop_clock *c);
void hop_clock_note(struct hop_clock *c, uint16_t vrf, uint8_t family, const uint8_t *prefix,
		    unsigned length);

#endif
