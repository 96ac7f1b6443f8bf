// SPDX-License-Identifier: Apache-2.0
// The kernel follower from the inside: kernel.c asks and dumps, kernel_follow.c understands what the kernel says.
#ifndef PORTCULLIS_NET_KERNEL_STATE_H
#define PORTCULLIS_NET_KERNEL_STATE_H

#include <linux/netlink.h>
#include "net/kernel.h"
#include "net/learned.h"
#include "net/nexthop.h"

#define KERNEL_ASKED 1024u

struct kernel_asked {
	struct neighbor_key key;
	uint64_t at_ns;
};

struct kernel_own {
	bool has4, has6;
	uint8_t address4[4], address6[16]; // the first ones
	uint64_t all4; // of all IPv4 addresses; another number when one comes or goes
};

struct kernel {
	int monitor, request;
	struct rib *rib;
	struct neighbor_table *neighbors;
	struct learned_table *learned;
	struct nexthop_table *nexthops;
	struct kernel_hooks hooks;
	struct kernel_device devices[FW_MAX_INTERFACES];
	unsigned device_count;
	struct kernel_own own[FW_MAX_INTERFACES]; // addresses, by device
	int loopback;
	bool changed; // neighbors, since the last hook
	bool wants_settle;
	uint64_t settle_at_ns, settled_ns;
	uint64_t learn_ns; // that the last dump took
	uint64_t now_ns; // of the current call
	uint32_t stamp; // of neighbor dumps
	uint32_t neighbor_limit, neighbor_high_water, victim; // victim: where the search for one goes on
	uint64_t neighbor_refused;
	uint64_t round_ns; // of neighbor_round()
	uint32_t messages; // read so far
	bool told; // that routes were refused
	bool missing; // routes were refused: they may fit when others go
	struct kernel_asked asked[KERNEL_ASKED];
};

// One message of the kernel, from a dump or a notification; context is the struct kernel.
void kernel_on_message(void *context, const struct nlmsghdr *h);
// Brings the routes that come from changed nexthop objects up to date.
void kernel_renew(struct kernel *k);
// When a neighbor was asked for last; shared by keys of the same hash.
struct kernel_asked *kernel_asked(struct kernel *k, const struct neighbor_key *key);
uint32_t kernel_interface(const struct kernel *k, int ifindex); // name_id, or FW_NO_INDEX
// Makes the kernel probe a neighbor, now.
void kernel_probe(struct kernel *k, const struct neighbor_key *key);
// kernel_neighbor.c: a message about a neighbor; and that a dump no longer has a learned one (true: it is gone).
void kernel_on_neighbor(struct kernel *k, const struct nlmsghdr *h);
bool kernel_lost_neighbor(struct kernel *k, struct learned *e);
// Dump everything again shortly.
void kernel_unsettle(struct kernel *k);

#endif
