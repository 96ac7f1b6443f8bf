// SPDX-License-Identifier: Apache-2.0
#include "net/kernel_state.h"

#include <errno.h>
#include <string.h>
#include "net/hostpath.h"
#include "net/kernel_message.h"
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"

#define KERNEL_SETTLE_NS 20000000u // after an ambiguous notification
#define KERNEL_SETTLE_GAP_NS 200000000u // between two dumps

uint32_t kernel_interface(const struct kernel *k, int ifindex)
{
	for (unsigned i = 0; i < k->device_count; i++)
		if (k->devices[i].ifindex == ifindex)
			return k->devices[i].interface;
	return FW_NO_INDEX;
}

static bool kernel_link_local(const struct kernel_route *m)
{
	return m->family == 6 && m->prefix[0] == 0xfe && (m->prefix[1] & 0xc0) == 0x80;
}

static bool kernel_loopback_prefix(const struct kernel_route *m)
{
	static const uint8_t one[16] = {[15] = 1};
	return m->family == 4 ? m->prefix[0] == 127 : memcmp(m->prefix, one, 16) == 0;
}

static uint16_t kernel_vrf_of(const struct kernel *k, uint32_t interface)
{
	for (unsigned i = 0; i < k->device_count; i++)
		if (k->devices[i].interface == interface)
			return k->devices[i].vrf;
	return 0;
}

// The VRF that a table belongs to; false: nobody's.
static bool kernel_vrf(const struct kernel *k, uint32_t table, uint16_t *vrf)
{
	*vrf = 0;
	if (table == RT_TABLE_MAIN || table == RT_TABLE_LOCAL)
		return true;
	for (unsigned i = 0; i < k->device_count; i++) {
		*vrf = k->devices[i].vrf;
		if (*vrf != 0 && *vrf == table)
			return true;
	}
	return false;
}

// Hops over our TAPs, of those that may leave a table of this VRF.
static void kernel_hops(const struct kernel *k, const struct kernel_hop *hops, unsigned count,
			struct rib_route *out)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t interface = kernel_interface(k, hops[i].ifindex);
		if (interface == FW_NO_INDEX || hops[i].dead ||
		    (out->vrf == 0 && kernel_vrf_of(k, interface) != 0))
			continue;
		struct hop *h = &out->hops[out->count++];
		h->interface = interface;
		h->family = hops[i].gateway_family;
		h->weight = count > 1 ? hops[i].weight : 0;
		h->type = h->family == 0 ? HOP_CONNECTED : HOP_GATEWAY;
		memcpy(h->gateway, hops[i].gateway, 16);
	}
}

static void kernel_drops(struct rib_route *out, enum hop_type type)
{
	out->hops[0] = (struct hop){.type = type};
	out->count = 1;
}

// Hops of a route that names a nexthop object.
static bool kernel_nexthop_hops(void *context, uint32_t nexthop, struct rib_route *out)
{
	const struct kernel *k = context;
	struct kernel_hop hops[FW_MAX_NEXT_HOPS_PER_ROUTE];
	bool blackhole;
	if (!nexthop_touched(k->nexthops, nexthop))
		return false;
	unsigned count = nexthop_hops(k->nexthops, nexthop, hops, &blackhole);
	kernel_hops(k, hops, count, out);
	if (blackhole)
		kernel_drops(out, HOP_BLACKHOLE);
	return true;
}

void kernel_renew(struct kernel *k)
{
	if (!nexthop_dirty(k->nexthops))
		return;
	rib_renew(k->rib, kernel_nexthop_hops, k);
	nexthop_settle(k->nexthops);
}

static void kernel_unicast(const struct kernel *k, const struct kernel_route *m,
			   struct rib_route *out)
{
	struct kernel_hop hops[FW_MAX_NEXT_HOPS_PER_ROUTE];
	bool blackhole = false;
	if (m->protocol == RTPROT_KERNEL && out->vrf == 0 && m->count == 1) {
		uint32_t interface = kernel_interface(k, m->hops[0].ifindex);
		out->vrf = interface != FW_NO_INDEX ? kernel_vrf_of(k, interface) : 0;
	}
	unsigned count = nexthop_hops(k->nexthops, m->nexthop, hops, &blackhole);
	if (count > 0)
		kernel_hops(k, hops, count, out);
	else if (blackhole)
		kernel_drops(out, HOP_BLACKHOLE);
	else
		kernel_hops(k, m->hops, m->count, out);
}

// An address of the firewall itself.
static bool kernel_local(const struct kernel *k, const struct kernel_route *m, struct rib_route *out)
{
	int ifindex = m->count > 0 ? m->hops[0].ifindex : 0;
	uint32_t interface = kernel_interface(k, ifindex);
	bool ours = interface != FW_NO_INDEX;
	if (!ours && (ifindex != k->loopback || kernel_loopback_prefix(m)))
		return false;
	out->scope = kernel_link_local(m) ? (uint32_t)ifindex : 0;
	if (ours && out->vrf == 0)
		out->vrf = kernel_vrf_of(k, interface);
	kernel_drops(out, HOP_LOCAL);
	out->hops[0].interface = ours ? interface : 0;
	return true;
}

// What a route of the kernel means to us. False: nothing at all.
static bool kernel_route(const struct kernel *k, const struct kernel_route *m,
			 struct rib_route *out)
{
	memset(out, 0, sizeof(*out));
	*out = (struct rib_route){.source = RIB_KERNEL,
				  .family = m->family,
				  .length = m->length,
				  .table = m->table,
				  .metric = m->metric,
				  .nexthop = m->nexthop};
	memcpy(out->prefix, m->prefix, 16);
	if (m->cloned || !kernel_vrf(k, m->table, &out->vrf))
		return false;
	// The kernel's, for what nobody has asked for, or our own, which the configuration has told already.
	bool own = m->protocol == RTPROT_KERNEL || m->protocol == HOSTPATH_PROTOCOL;
	switch (m->type) {
	case RTN_UNICAST:
		if (kernel_link_local(m)) // means something only together with a device
			return false;
		kernel_unicast(k, m, out);
		return true;
	case RTN_LOCAL:
		return kernel_local(k, m, out);
	case RTN_BLACKHOLE:
		kernel_drops(out, HOP_BLACKHOLE);
		return !own;
	case RTN_UNREACHABLE:
		kernel_drops(out, HOP_UNREACHABLE);
		return !own;
	case RTN_PROHIBIT:
		kernel_drops(out, HOP_PROHIBIT);
		return !own;
	case RTN_THROW: // no further table is asked
		kernel_drops(out, HOP_NONE);
		return !own;
	default:
		return false;
	}
}

void kernel_unsettle(struct kernel *k)
{
	if (k->wants_settle)
		return;
	k->wants_settle = true;
	k->settle_at_ns = k->now_ns + KERNEL_SETTLE_NS;
	uint64_t gap = k->learn_ns * 4 > KERNEL_SETTLE_GAP_NS ? k->learn_ns * 4 : KERNEL_SETTLE_GAP_NS;
	if (k->settle_at_ns < k->settled_ns + gap)
		k->settle_at_ns = k->settled_ns + gap;
}

static void kernel_set_route(struct kernel *k, const struct rib_route *r)
{
	int code = rib_set(k->rib, r);
	if (code == 0)
		return;
	if (!k->told)
		log_line("a route of the kernel is ignored: %s (%u IPv4 and %u IPv6 routes of the kernel are used)",
			 code == -ENOSPC ? "the table is full" : strerror(-code),
			 rib_routes(k->rib, RIB_KERNEL, 4), rib_routes(k->rib, RIB_KERNEL, 6));
	k->missing = k->told = true;
}

static void kernel_delete_route(struct kernel *k, const struct kernel_route *m,
				const struct rib_route *r)
{
	bool shadows = false;
	if (m->family == 6 && m->nexthop == 0 && r->count > 0)
		rib_delete_hops(k->rib, r); // of one path, or of all
	else
		shadows = rib_delete(k->rib, r);
	if (shadows || k->missing)
		kernel_unsettle(k);
}

static void kernel_on_route(struct kernel *k, const struct nlmsghdr *h)
{
	struct kernel_route m;
	struct rib_route r;
	if (!kernel_parse_route(h, &m) || !kernel_route(k, &m, &r))
		return;
	r.replaces = h->nlmsg_flags & NLM_F_REPLACE;
	if (h->nlmsg_type == RTM_DELROUTE)
		kernel_delete_route(k, &m, &r);
	else if (h->nlmsg_flags & NLM_F_APPEND)
		kernel_unsettle(k);
	else
		kernel_set_route(k, &r);
}

static void kernel_on_nexthop(struct kernel *k, const struct nlmsghdr *h)
{
	struct kernel_nexthop n;
	if (!kernel_parse_nexthop(h, &n))
		return;
	if (h->nlmsg_type == RTM_DELNEXTHOP)
		nexthop_delete(k->nexthops, n.id);
	else if (nexthop_set(k->nexthops, &n) != 0)
		log_line("nexthop %u of the kernel is ignored: there are too many", n.id);
}

void kernel_on_message(void *context, const struct nlmsghdr *h)
{
	struct kernel *k = context;
	struct kernel_address a;
	struct link l;
	if (++k->messages % 1024 == 0)
		k->hooks.alive(k->hooks.context);
	switch (h->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		kernel_on_route(k, h);
		break;
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		kernel_on_nexthop(k, h);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		kernel_on_neighbor(k, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (!kernel_parse_address(h, &a) || kernel_interface(k, a.ifindex) == FW_NO_INDEX)
			break;
		kernel_unsettle(k);
		k->hooks.device_changed(k->hooks.context);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (!link_parse(h, &l))
			break;
		if (kernel_interface(k, l.ifindex) != FW_NO_INDEX)
			kernel_unsettle(k);
		k->hooks.device_changed(k->hooks.context);
		break;
	default:
		break;
	}
}
