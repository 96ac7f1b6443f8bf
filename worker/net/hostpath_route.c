// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "net/kernel_message.h"
#include "net/log.h"
#include "net/observed.h"

#define HOSTPATH_METRIC 1u // before every route of a routing daemon

// A route that drops has no device that tells whose it is, so it carries its instance where the kernel keeps the round trip time
// of a route, which one that drops has no use for. Without it, it is one that an earlier release has left.
static bool route_is_of_another(const struct hostpath *h, const struct kernel_route *m)
{
	return m->type != RTN_UNICAST && m->rtt != 0 && m->rtt != h->instance;
}

static void observe_route(void *context, const struct nlmsghdr *message)
{
	struct observed *o = context;
	struct kernel_route m, *row;
	if (!kernel_parse_route(message, &m) || m.protocol != HOSTPATH_PROTOCOL)
		return;
	if (m.type == RTN_UNICAST ? m.count == 0 || !hostpath_ours(o->h, m.hops[0].ifindex) :
				    m.metric != HOSTPATH_METRIC)
		return;
	if (m.type != RTN_UNICAST)
		m.count = 0;
	if ((row = observed_add(o)) != NULL)
		*row = m;
}

static uint8_t route_type(uint32_t type)
{
	switch ((enum fw_route_type)type) {
	case FW_ROUTE_BLACKHOLE:
		return RTN_BLACKHOLE;
	case FW_ROUTE_UNREACHABLE:
		return RTN_UNREACHABLE;
	case FW_ROUTE_PROHIBIT:
		return RTN_PROHIBIT;
	case FW_ROUTE_UNICAST:
		break;
	}
	return RTN_UNICAST;
}

// The route of the configuration as the kernel would tell it. A unicast route with count 0: none of its devices is there.
static struct kernel_route route_wanted(const struct hostpath *h, const struct fw_route_row *w)
{
	struct kernel_route m = {.family = w->prefix.family,
				 .type = route_type(w->type),
				 .protocol = HOSTPATH_PROTOCOL,
				 .length = w->prefix.length,
				 .table = w->vrf == 0 ? RT_TABLE_MAIN : w->vrf,
				 .metric = HOSTPATH_METRIC,
				 .rtt = w->type == FW_ROUTE_UNICAST ? 0 : h->instance};
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

static int route_order(const void *a, const void *b)
{
	const struct kernel_route *x = a, *y = b;
	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	if (x->metric != y->metric)
		return x->metric < y->metric ? -1 : 1;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return memcmp(x->prefix, y->prefix, 16);
}

static bool route_equal(const struct kernel_route *a, const struct kernel_route *b)
{
	if (a->count != b->count || a->type != b->type)
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
	if (m->count == 0) { // it drops
		size_t metrics = nl_nest(r, RTA_METRICS);
		nl_put_u32(r, RTAX_RTT, m->rtt);
		nl_unnest(r, metrics);
		return;
	}
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
			      .rtm_table = m->table < 256 ? (unsigned char)m->table : RT_TABLE_UNSPEC,
			      .rtm_protocol = HOSTPATH_PROTOCOL,
			      .rtm_scope = add ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE,
			      .rtm_type = add ? m->type : RTN_UNSPEC,
			      .rtm_flags = add && m->count == 1 ? RTNH_F_ONLINK : 0};
	nl_begin(&r, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
		 &fixed, sizeof(fixed));
	if (m->length > 0)
		nl_put(&r, RTA_DST, m->prefix, hostpath_size(m->family));
	nl_put_u32(&r, RTA_TABLE, m->table);
	nl_put_u32(&r, RTA_PRIORITY, m->metric);
	if (add)
		route_put_hops(&r, m);
	return nl_call(h->nl, &r, NULL, NULL);
}

static void route_observe(const struct hostpath *h, struct observed *o)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	for (unsigned i = 0; i < 2; i++) {
		struct nl_request r;
		struct rtmsg m = {.rtm_family = families[i], .rtm_protocol = HOSTPATH_PROTOCOL};
		nl_begin(&r, RTM_GETROUTE, NLM_F_DUMP, &m, sizeof(m));
		nl_call(h->nl, &r, observe_route, o);
	}
	if (o->count > 0)
		qsort(o->rows, o->count, o->size, route_order);
}

static void route_want(const struct hostpath *h, struct observed *o)
{
	for (uint32_t i = 0; i < h->route_count; i++) {
		struct kernel_route w = route_wanted(h, &h->routes[i]), *row;
		if ((w.count > 0 || w.type != RTN_UNICAST) && (row = observed_add(o)) != NULL)
			*row = w;
	}
	if (o->count > 0)
		qsort(o->rows, o->count, o->size, route_order);
}

static const struct kernel_route *route_find(const struct observed *o, const struct kernel_route *m)
{
	return o->count > 0 ? bsearch(m, o->rows, o->count, o->size, route_order) : NULL;
}

unsigned hostpath_routes(const struct hostpath *h)
{
	struct observed have = {.h = h, .size = sizeof(struct kernel_route)}, want = have;
	unsigned changes = 0;
	route_observe(h, &have);
	route_want(h, &want);
	for (uint32_t i = 0; i < have.count; i++) {
		const struct kernel_route *m = &((const struct kernel_route *)(void *)have.rows)[i];
		if (route_is_of_another(h, m) || route_find(&want, m) != NULL)
			continue;
		route_change(h, m, false);
		changes++;
	}
	for (uint32_t i = 0; i < want.count; i++) {
		const struct kernel_route *w = &((const struct kernel_route *)(void *)want.rows)[i];
		const struct kernel_route *there = route_find(&have, w);
		if (there != NULL && (route_is_of_another(h, there) || route_equal(there, w)))
			continue;
		int code = route_change(h, w, true);
		changes++;
		if (code != 0)
			log_line("the kernel refuses route %s/%u: %s",
				 hostpath_text(w->family, w->prefix), w->length, strerror(-code));
	}
	free(have.rows);
	free(want.rows);
	return changes;
}
