// SPDX-License-Identifier: Apache-2.0
// Follows the kernel's routes and neighbors over our TAPs, and asks the kernel to resolve neighbors.
#ifndef PORTCULLIS_NET_KERNEL_H
#define PORTCULLIS_NET_KERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include "net/neighbor.h"
#include "net/rib.h"

struct kernel_device {
	int ifindex; // of the TAP
	uint32_t interface; // name_id
	uint16_t vrf; // kernel table id of its VRF, 0: none
};

struct kernel;

struct kernel_hooks {
	void *context;
	void (*neighbor_changed)(void *context); // held packets may leave
	void (*addresses_changed)(void *context); // kernel_address() may say something else
	void (*alive)(void *context); // now and then, while much is read
	void (*device_changed)(void *context); // a device or an address of one has changed: look at everything again
};

struct kernel *kernel_create(struct rib *rib, struct neighbor_table *neighbors,
			     const struct kernel_hooks *hooks);
void kernel_free(struct kernel *k);

int kernel_fd(const struct kernel *k); // readable: call kernel_read()
void kernel_read(struct kernel *k, uint64_t now_ns);
int kernel_request(const struct kernel *k); // request socket in the worker's namespace

// The TAPs of the running generation; learns everything about them anew.
void kernel_set_devices(struct kernel *k, const struct kernel_device *devices, unsigned count);

// The first address of an interface that is not link-local; false: the kernel has none.
bool kernel_address(const struct kernel *k, uint32_t interface, uint8_t family,
		    uint8_t address[16]);

// Stands for all IPv4 addresses of an interface that are not link-local: another number when one has come or gone. 0: none.
uint64_t kernel_addresses4(const struct kernel *k, uint32_t interface);

// Dumps routes, addresses and neighbors again if notifications were lost or were ambiguous. Returns milliseconds until it wants to be
// called again, or -1.
int kernel_settle(struct kernel *k, uint64_t now_ns);

// Makes the kernel probe a neighbor now; limited per neighbor.
void kernel_resolve(struct kernel *k, const struct neighbor_key *key, uint64_t now_ns);
// Keeps the entries that the datapath may use from going stale for good. Call about once a second.
void kernel_refresh_neighbors(struct kernel *k, uint64_t now_ns);

// How many neighbors may be learned. One more takes the place of one that no flow uses; when all are in use it is refused.
void kernel_limit_neighbors(struct kernel *k, uint32_t limit);
void kernel_neighbor_usage(const struct kernel *k, struct fw_table_status *out);

#endif
