// SPDX-License-Identifier: Apache-2.0
// What the configuration wants on the kernel's side of an interface: addresses, static routes, static neighbors, sysctls.
// Ours carry the protocol number 86; what others have put there stays.
#ifndef PORTCULLIS_NET_HOSTPATH_H
#define PORTCULLIS_NET_HOSTPATH_H

#include <stdint.h>
#include "shm/layout.h"

#define HOSTPATH_PROTOCOL 86

// One interface of the program with its kernel device; ifindex 0: it has none now.
struct hostpath_device {
	int ifindex;
	const char *name;
	const struct fw_prefix_row *addresses;
	uint32_t address_count;
};

struct hostpath {
	int nl; // request socket in the worker's namespace
	uint32_t instance; // of the state directory, not 0
	const struct hostpath_device *devices; // by interface row
	uint32_t device_count;
	const struct fw_route_row *routes;
	uint32_t route_count;
	const struct fw_next_hop_row *next_hops;
	const struct fw_neighbor_row *neighbors;
	uint32_t neighbor_count;
};

void hostpath_sysctls(const char *device);

// Makes the kernel agree with the configuration. Idempotent; what the kernel refuses is logged. Returns the number of
// changes made.
unsigned hostpath_apply(const struct hostpath *h);
// Removes this instance's routes that drop, which no device takes with it when it goes.
void hostpath_clear(int nl, uint32_t instance);

#endif
