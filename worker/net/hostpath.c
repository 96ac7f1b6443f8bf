// SPDX-License-Identifier: Apache-2.0
// Compares what the kernel has with what the configuration wants, then changes only what differs.
#include "net/hostpath.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include "net/kernel_message.h"
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"

#ifndef IFA_PROTO
#define IFA_PROTO 11
#endif

#define HOSTPATH_METRIC 1u // before every route of a routing daemon

// Rows of one kind that the kernel has, by a dump.
struct observed {
	const struct hostpath *h;
	char *rows;
	size_t size; // of a row
	uint32_t count, room;
	bool failed;
};

static void *observed_add(struct observed *o)
{
	if (o->count == o->room) {
		uint32_t room = o->room == 0 ? 64 : o->room * 2;
		char *rows = realloc(o->rows, room * o->size);
		if (rows == NULL) {
			o->failed = true;
			return NULL;
		}
		o->rows = rows;
		o->room = room;
	}
	return o->rows + o->count++ * o->size;
}

static int hostpath_af(uint8_t family)
{
	return family == 4 ? AF_INET : AF_INET6;
}

static size_t hostpath_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

static bool hostpath_ours(const struct hostpath *h, int ifindex)
{
	for (uint32_t i = 0; i < h->device_count; i++)
		if (h->devices[i].ifindex == ifindex)
			return ifindex != 0;
	return false;
}

static const char *hostpath_text(uint8_t family, const uint8_t *address)
{
	static char text[INET6_ADDRSTRLEN];
	inet_ntop(hostpath_af(family), address, text, sizeof(text));
	return text;
}

// ---------------------------------------------------------------- addresses

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

static unsigned hostpath_addresses(const struct hostpath *h)
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

// ---------------------------------------------------------------- routes

static void observe_route(void *context, const struct nlmsghdr *message)
{
	struct observed *o = context;
	struct kernel_route m, *row;
	if (!kernel_parse_route(message, &m) || m.protocol != HOSTPATH_PROTOCOL ||
	    m.table != RT_TABLE_MAIN || m.count == 0 || !hostpath_ours(o->h, m.hops[0].ifindex))
		return;
	if ((row = observed_add(o)) != NULL)
		*row = m;
}

// The route of the configuration as the kernel would tell it. count 0: none of its devices is there.
static struct kernel_route route_wanted(const struct hostpath *h, const struct fw_route_row *w)
{
	struct kernel_route m = {.family = w->prefix.family,
				 .type = RTN_UNICAST,
				 .protocol = HOSTPATH_PROTOCOL,
				 .length = w->prefix.length,
				 .table = RT_TABLE_MAIN,
				 .metric = HOSTPATH_METRIC};
	memcpy(m.prefix, w->prefix.address, 16);
	for (uint32_t i = 0; i < w->next_hop_count; i++) {
		const struct fw_next_hop_row *n = &h->next_hops[w->next_hop_first + i];
		int ifindex = h->devices[n->interface].ifindex;
		if (ifindex == 0 || m.count == FW_MAX_NEXT_HOPS_PER_ROUTE)
			continue;
		struct kernel_hop *hop = &m.hops[m.count++];
		hop->ifindex = ifindex;
		hop->gateway_family = n->family;
		memcpy(hop->gateway, n->gateway, 16);
	}
	return m;
}

static bool route_same_prefix(const struct kernel_route *a, const struct kernel_route *b)
{
	return a->family == b->family && a->length == b->length && a->metric == b->metric &&
	       memcmp(a->prefix, b->prefix, 16) == 0;
}

static bool route_equal(const struct kernel_route *a, const struct kernel_route *b)
{
	if (!route_same_prefix(a, b) || a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++) {
		bool found = false;
		for (unsigned j = 0; j < b->count && !found; j++)
			found = a->hops[i].ifindex == b->hops[j].ifindex &&
				memcmp(a->hops[i].gateway, b->hops[j].gateway, 16) == 0;
		if (!found)
			return false;
	}
	return true;
}

static void route_put_hop(struct nl_request *r, const struct kernel_route *m,
			  const struct kernel_hop *hop)
{
	if (hop->gateway_family == m->family) {
		nl_put(r, RTA_GATEWAY, hop->gateway, hostpath_size(m->family));
	} else if (hop->gateway_family != 0) {
		struct {
			uint16_t family;
			uint8_t address[16];
		} via = {.family = (uint16_t)hostpath_af(hop->gateway_family)};
		memcpy(via.address, hop->gateway, 16);
		nl_put(r, RTA_VIA, &via, 2 + hostpath_size(hop->gateway_family));
	}
}

static void route_put_hops(struct nl_request *r, const struct kernel_route *m)
{
	if (m->count == 1) {
		route_put_hop(r, m, &m->hops[0]);
		nl_put_u32(r, RTA_OIF, (uint32_t)m->hops[0].ifindex);
		return;
	}
	size_t nest = nl_nest(r, RTA_MULTIPATH);
	for (unsigned i = 0; i < m->count; i++) {
		size_t at = r->header.nlmsg_len;
		struct rtnexthop *n = (void *)(r->bytes + at);
		if (at + sizeof(*n) + 64 > sizeof(r->bytes))
			break;
		*n = (struct rtnexthop){.rtnh_ifindex = m->hops[i].ifindex,
					.rtnh_flags = RTNH_F_ONLINK};
		r->header.nlmsg_len += (uint32_t)sizeof(*n);
		route_put_hop(r, m, &m->hops[i]);
		n->rtnh_len = (unsigned short)(r->header.nlmsg_len - at);
	}
	nl_unnest(r, nest);
}

static int route_change(const struct hostpath *h, const struct kernel_route *m, bool add)
{
	struct nl_request r;
	struct rtmsg fixed = {.rtm_family = (unsigned char)hostpath_af(m->family),
			      .rtm_dst_len = m->length,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = HOSTPATH_PROTOCOL,
			      .rtm_scope = add ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE,
			      .rtm_type = RTN_UNICAST,
			      .rtm_flags = add && m->count == 1 ? RTNH_F_ONLINK : 0};
	nl_begin(&r, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
		 &fixed, sizeof(fixed));
	if (m->length > 0)
		nl_put(&r, RTA_DST, m->prefix, hostpath_size(m->family));
	nl_put_u32(&r, RTA_PRIORITY, m->metric);
	if (add)
		route_put_hops(&r, m);
	return nl_call(h->nl, &r, NULL, NULL);
}

static unsigned hostpath_routes(const struct hostpath *h)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	struct observed o = {.h = h, .size = sizeof(struct kernel_route)};
	unsigned changes = 0;
	for (unsigned i = 0; i < 2; i++) {
		struct nl_request r;
		struct rtmsg m = {.rtm_family = families[i], .rtm_protocol = HOSTPATH_PROTOCOL};
		nl_begin(&r, RTM_GETROUTE, NLM_F_DUMP, &m, sizeof(m));
		nl_call(h->nl, &r, observe_route, &o);
	}
	const struct kernel_route *have = (const void *)o.rows;
	for (uint32_t i = 0; i < o.count; i++) {
		bool wanted = false;
		for (uint32_t j = 0; j < h->route_count && !wanted; j++) {
			struct kernel_route w = route_wanted(h, &h->routes[j]);
			wanted = w.count > 0 && route_same_prefix(&have[i], &w);
		}
		if (!wanted && ++changes > 0)
			route_change(h, &have[i], false);
	}
	for (uint32_t j = 0; j < h->route_count; j++) {
		struct kernel_route w = route_wanted(h, &h->routes[j]);
		bool there = w.count == 0;
		for (uint32_t i = 0; i < o.count && !there; i++)
			there = route_equal(&have[i], &w);
		if (there)
			continue;
		int code = route_change(h, &w, true);
		changes++;
		if (code != 0)
			log_line("the kernel refuses route %s/%u: %s",
				 hostpath_text(w.family, w.prefix), w.length, strerror(-code));
	}
	free(o.rows);
	return changes;
}

// ---------------------------------------------------------------- neighbors

static void observe_neighbor(void *context, const struct nlmsghdr *message)
{
	struct observed *o = context;
	struct kernel_neighbor n, *row;
	if (!kernel_parse_neighbor(message, &n) || !(n.state & NUD_PERMANENT) ||
	    !hostpath_ours(o->h, n.ifindex))
		return;
	if ((row = observed_add(o)) != NULL)
		*row = n;
}

static bool neighbor_equal(const struct hostpath *h, const struct fw_neighbor_row *w,
			   const struct kernel_neighbor *n, bool with_mac)
{
	return h->devices[w->interface].ifindex == n->ifindex && w->family == n->family &&
	       memcmp(w->address, n->address, 16) == 0 &&
	       (!with_mac || memcmp(w->mac, n->mac, 6) == 0);
}

static int neighbor_change(const struct hostpath *h, int ifindex, uint8_t family,
			   const uint8_t *address, const uint8_t *mac)
{
	struct nl_request r;
	uint8_t protocol = HOSTPATH_PROTOCOL;
	struct ndmsg m = {.ndm_family = (unsigned char)hostpath_af(family),
			  .ndm_ifindex = ifindex,
			  .ndm_state = NUD_PERMANENT};
	nl_begin(&r, mac != NULL ? RTM_NEWNEIGH : RTM_DELNEIGH,
		 mac != NULL ? NLM_F_CREATE | NLM_F_REPLACE : 0, &m, sizeof(m));
	nl_put(&r, NDA_DST, address, hostpath_size(family));
	if (mac != NULL) {
		nl_put(&r, NDA_LLADDR, mac, 6);
		nl_put(&r, NDA_PROTOCOL, &protocol, sizeof(protocol));
	}
	return nl_call(h->nl, &r, NULL, NULL);
}

static unsigned hostpath_neighbors(const struct hostpath *h)
{
	struct observed o = {.h = h, .size = sizeof(struct kernel_neighbor)};
	struct nl_request r;
	struct ndmsg m = {0};
	unsigned changes = 0;
	nl_begin(&r, RTM_GETNEIGH, NLM_F_DUMP, &m, sizeof(m));
	nl_call(h->nl, &r, observe_neighbor, &o);
	const struct kernel_neighbor *have = (const void *)o.rows;
	for (uint32_t i = 0; i < o.count; i++) {
		bool wanted = have[i].protocol != HOSTPATH_PROTOCOL;
		for (uint32_t j = 0; j < h->neighbor_count && !wanted; j++)
			wanted = neighbor_equal(h, &h->neighbors[j], &have[i], false);
		if (!wanted && ++changes > 0)
			neighbor_change(h, have[i].ifindex, have[i].family, have[i].address, NULL);
	}
	for (uint32_t j = 0; j < h->neighbor_count; j++) {
		const struct fw_neighbor_row *w = &h->neighbors[j];
		int ifindex = h->devices[w->interface].ifindex;
		bool there = ifindex == 0;
		for (uint32_t i = 0; i < o.count && !there; i++)
			there = neighbor_equal(h, w, &have[i], true);
		if (there)
			continue;
		int code = neighbor_change(h, ifindex, w->family, w->address, w->mac);
		changes++;
		if (code != 0)
			log_line("the kernel refuses neighbor %s: %s",
				 hostpath_text(w->family, w->address), strerror(-code));
	}
	free(o.rows);
	return changes;
}

// ---------------------------------------------------------------- all

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

unsigned hostpath_apply(const struct hostpath *h)
{
	unsigned changes = hostpath_addresses(h);
	changes += hostpath_routes(h);
	return changes + hostpath_neighbors(h);
}
