// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_addr.h>
#include "net/kernel_message.h"
#include "net/log.h"
#include "net/observed.h"

#ifndef IFA_PROTO
#define IFA_PROTO 11
#endif

static void observe_address(void *context, const struct nlmsghdr *message)
{
	struct observed *o = context;
	struct kernel_address a, *row;
	if (!kernel_parse_address(message, &a) || !hostpath_ours(o->h, a.ifindex))
		return;
	if ((row = observed_add(o)) != NULL)
		*row = a;
}

static int address_change(const struct hostpath *h, int ifindex, uint8_t family,
			  const uint8_t *address, uint8_t length, bool add)
{
	struct nl_request r;
	struct ifaddrmsg m = {.ifa_family = (unsigned char)hostpath_af(family),
			      .ifa_prefixlen = length,
			      .ifa_index = (unsigned)ifindex};
	uint8_t protocol = HOSTPATH_PROTOCOL;
	size_t size = hostpath_size(family);
	nl_begin(&r, add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_REPLACE : 0, &m,
		 sizeof(m));
	nl_put(&r, IFA_LOCAL, address, size);
	nl_put(&r, IFA_ADDRESS, address, size);
	if (add) {
		nl_put(&r, IFA_PROTO, &protocol, sizeof(protocol));
		nl_put_u32(&r, IFA_FLAGS, family == 6 ? IFA_F_NODAD : 0);
	}
	if (add && family == 4 && length < 31) {
		uint32_t broadcast;
		memcpy(&broadcast, address, 4);
		broadcast |= htonl(0xffffffffu >> length);
		nl_put(&r, IFA_BROADCAST, &broadcast, 4);
	}
	return nl_call(h->nl, &r, NULL, NULL);
}

static bool address_wanted(const struct hostpath *h, const struct kernel_address *a)
{
	for (uint32_t i = 0; i < h->device_count; i++) {
		const struct hostpath_device *d = &h->devices[i];
		for (uint32_t j = 0; d->ifindex == a->ifindex && j < d->address_count; j++)
			if (d->addresses[j].family == a->family &&
			    d->addresses[j].length == a->length &&
			    memcmp(d->addresses[j].address, a->address, 16) == 0)
				return true;
	}
	return false;
}

static bool address_there(const struct observed *o, int ifindex, const struct fw_prefix_row *p)
{
	const struct kernel_address *a = (const void *)o->rows;
	for (uint32_t i = 0; i < o->count; i++)
		if (a[i].ifindex == ifindex && a[i].family == p->family &&
		    a[i].length == p->length && memcmp(a[i].address, p->address, 16) == 0)
			return true;
	return false;
}

unsigned hostpath_addresses(const struct hostpath *h)
{
	struct observed o = {.h = h, .size = sizeof(struct kernel_address)};
	struct nl_request r;
	struct ifaddrmsg m = {0};
	unsigned changes = 0;
	nl_begin(&r, RTM_GETADDR, NLM_F_DUMP, &m, sizeof(m));
	nl_call(h->nl, &r, observe_address, &o);
	const struct kernel_address *a = (const void *)o.rows;
	for (uint32_t i = 0; i < o.count; i++) {
		if (a[i].protocol != HOSTPATH_PROTOCOL || address_wanted(h, &a[i]))
			continue;
		address_change(h, a[i].ifindex, a[i].family, a[i].address, a[i].length, false);
		changes++;
	}
	for (uint32_t i = 0; i < h->device_count; i++) {
		const struct hostpath_device *d = &h->devices[i];
		for (uint32_t j = 0; d->ifindex != 0 && j < d->address_count; j++) {
			const struct fw_prefix_row *p = &d->addresses[j];
			if (address_there(&o, d->ifindex, p))
				continue;
			int code = address_change(h, d->ifindex, p->family, p->address, p->length,
						  true);
			changes++;
			if (code != 0)
				log_line("the kernel refuses address %s on %s: %s",
					 hostpath_text(p->family, p->address), d->name,
					 strerror(-code));
		}
	}
	free(o.rows);
	return changes;
}
