// SPDX-License-Identifier: Apache-2.0
// Rtnetlink messages about routes, neighbors and addresses as plain values. Pure; trusts no length.
#ifndef PORTCULLIS_NET_KERNEL_MESSAGE_H
#define PORTCULLIS_NET_KERNEL_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/netlink.h>
#include "shm/layout.h"

struct kernel_hop {
	int ifindex;
	uint8_t gateway_family; // 0: on link
	uint8_t gateway[16];
	uint8_t weight; // beside the other hops
	bool dead; // the kernel does not use it: link down
};

struct kernel_route {
	uint8_t family; // 4 or 6
	uint8_t type; // RTN_*
	uint8_t protocol; // RTPROT_*
	uint8_t length;
	uint8_t prefix[16];
	uint32_t table;
	uint32_t metric;
	uint32_t nexthop; // id of a nexthop object, 0: none; hops may be missing then
	uint32_t rtt; // of its metrics, 0: none
	bool cloned;
	unsigned count;
	struct kernel_hop hops[FW_MAX_NEXT_HOPS_PER_ROUTE];
};

#define KERNEL_MAX_MEMBERS FW_MAX_NEXT_HOPS_PER_ROUTE

// A nexthop object: one hop, or a group of such.
struct kernel_nexthop {
	uint32_t id;
	bool blackhole;
	struct kernel_hop hop; // when member_count is 0
	unsigned member_count;
	uint32_t members[KERNEL_MAX_MEMBERS];
	uint8_t weights[KERNEL_MAX_MEMBERS];
};

struct kernel_neighbor {
	int ifindex;
	uint8_t family; // 4 or 6
	uint8_t address[16];
	uint16_t state; // NUD_*
	uint8_t flags; // NTF_*
	uint8_t protocol;
	bool has_mac;
	uint8_t mac[6];
};

struct kernel_address {
	int ifindex;
	uint8_t family; // 4 or 6
	uint8_t length;
	uint8_t protocol; // IFA_PROTO, 0: none
	uint8_t scope;
	uint8_t address[16];
};

// False: another kind of message, another family, or malformed.
bool kernel_parse_route(const struct nlmsghdr *h, struct kernel_route *out);
bool kernel_parse_nexthop(const struct nlmsghdr *h, struct kernel_nexthop *out);
bool kernel_parse_neighbor(const struct nlmsghdr *h, struct kernel_neighbor *out);
bool kernel_parse_address(const struct nlmsghdr *h, struct kernel_address *out);

#endif
