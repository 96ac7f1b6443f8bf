// SPDX-License-Identifier: Apache-2.0
// The address that an interface has right now, of each family: the first one of the program, or,
// where the program gives none, the first one that the kernel has (DHCP, by hand). Writer: the
// control thread, also while the generation runs; readers: the datapath cores.
#ifndef PORTCULLIS_NET_LIVE_H
#define PORTCULLIS_NET_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct interface_live {
	uint32_t address4; // as on the wire; 0: none
	uint32_t version;  // odd while address6 changes
	uint64_t address6[2]; // as on the wire; zero: none
};

static inline void live_set4(struct interface_live *l, const uint8_t *address)
{
	uint32_t value;
	memcpy(&value, address, 4);
	__atomic_store_n(&l->address4, value, __ATOMIC_RELEASE);
}

static inline void live_set6(struct interface_live *l, const uint8_t *address)
{
	uint64_t value[2];
	memcpy(value, address, 16);
	if (value[0] == l->address6[0] && value[1] == l->address6[1])
		return;
	__atomic_store_n(&l->version, l->version + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&l->address6[0], value[0], __ATOMIC_RELAXED);
	__atomic_store_n(&l->address6[1], value[1], __ATOMIC_RELAXED);
	__atomic_store_n(&l->version, l->version + 1, __ATOMIC_RELEASE);
}

// False: the interface has none.
static inline bool live_address4(const struct interface_live *l, uint8_t out[4])
{
	uint32_t value = __atomic_load_n(&l->address4, __ATOMIC_ACQUIRE);
	memcpy(out, &value, 4);
	return value != 0;
}

// The writer is done after a few stores: whoever meets it in between takes "none" after some tries.
static inline bool live_address6(const struct interface_live *l, uint8_t out[16])
{
	for (unsigned attempt = 0; attempt < 1000; attempt++) {
		uint64_t value[2];
		uint32_t before = __atomic_load_n(&l->version, __ATOMIC_ACQUIRE);
		value[0] = __atomic_load_n(&l->address6[0], __ATOMIC_RELAXED);
		value[1] = __atomic_load_n(&l->address6[1], __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (before % 2 == 1 || before != __atomic_load_n(&l->version, __ATOMIC_RELAXED))
			continue;
		memcpy(out, value, 16);
		return (value[0] | value[1]) != 0;
	}
	return false;
}

#endif
