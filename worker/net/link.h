// SPDX-License-Identifier: Apache-2.0
// Kernel network devices: look up, change, remove. fd is a request socket of net/nl.h, in the device's namespace.
#ifndef PORTCULLIS_NET_LINK_H
#define PORTCULLIS_NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <linux/netlink.h>

#define LINK_ALIAS_SIZE 160

struct link {
	int ifindex;
	char name[IFNAMSIZ];
	char alias[LINK_ALIAS_SIZE];
	uint8_t mac[6];
	bool ethernet;
	uint32_t mtu;
	uint32_t flags; // IFF_*
	uint32_t queues; // TAP: queues that a process holds
	uint32_t master; // index of the bridge or bond it belongs to, 0: none
};

bool link_parse(const struct nlmsghdr *message, struct link *out); // RTM_NEWLINK or RTM_DELLINK
bool link_running(const struct link *l);

int link_get(int fd, const char *name, struct link *out); // -ENODEV: none
int link_get_index(int fd, int ifindex, struct link *out);
int link_find_alias(int fd, const char *alias, struct link *out);
int link_set_up(int fd, int ifindex, bool up);
int link_set_mtu(int fd, int ifindex, uint32_t mtu);
int link_set_mac(int fd, int ifindex, const uint8_t mac[6]);
int link_set_alias(int fd, int ifindex, const char *alias);
// One plain queue in front of the device, before it is first up: by default each of its 256 possible queues gets one.
int link_set_queue(int fd, int ifindex);
int link_delete(int fd, int ifindex);
// Removing devices one by one costs the kernel a grace period each; a group goes in one.
int link_set_group(int fd, int ifindex, uint32_t group);
int link_delete_group(int fd, uint32_t group);

// Writes net/FAMILY/conf/DEVICE/NAME; family is "ipv4" or "ipv6". Returns 0 or a negative errno.
int link_sysctl(const char *family, const char *device, const char *name, const char *value);

#endif
