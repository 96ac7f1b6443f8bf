// SPDX-License-Identifier: Apache-2.0
// Compares what the kernel has with what the configuration wants, then changes only what differs.
#include "net/hostpath.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include "net/link.h"
#include "net/observed.h"

void *observed_add(struct observed *o)
{
	if (o->count == o->room) {
		uint32_t room = o->room == 0 ? 64 : o->room * 2;
		char *rows = realloc(o->rows, room * o->size);
		if (rows == NULL)
			return NULL;
		o->rows = rows;
		o->room = room;
	}
	return o->rows + o->count++ * o->size;
}

int hostpath_af(uint8_t family)
{
	return family == 4 ? AF_INET : AF_INET6;
}

size_t hostpath_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

bool hostpath_ours(const struct hostpath *h, int ifindex)
{
	for (uint32_t i = 0; i < h->device_count; i++)
		if (h->devices[i].ifindex == ifindex)
			return ifindex != 0;
	return false;
}

const char *hostpath_text(uint8_t family, const uint8_t *address)
{
	static char text[INET6_ADDRSTRLEN];
	inet_ntop(hostpath_af(family), address, text, sizeof(text));
	return text;
}

void hostpath_sysctls(const char *device)
{
	link_sysctl("ipv6", device, "accept_ra", "0"); // routes come from the configuration or a daemon
	link_sysctl("ipv6", device, "accept_dad", "0"); // addresses work at once
	link_sysctl("ipv6", device, "keep_addr_on_down", "1");
	link_sysctl("ipv6", device, "disable_ipv6", "0"); // even where new devices have it off
	link_sysctl("ipv4", device, "arp_ignore", "1"); // answer only for addresses of this interface
	link_sysctl("ipv4", device, "arp_announce", "2"); // ask with an address of this interface
	link_sysctl("ipv4", device, "rp_filter", "2"); // loose: the route back may lead elsewhere
}

void hostpath_clear(int nl, uint32_t instance)
{
	const struct hostpath nothing = {.nl = nl, .instance = instance};
	hostpath_routes(&nothing);
}

unsigned hostpath_apply(const struct hostpath *h)
{
	unsigned changes = hostpath_addresses(h);
	changes += hostpath_routes(h);
	return changes + hostpath_neighbors(h);
}
