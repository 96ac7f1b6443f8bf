// SPDX-License-Identifier: Apache-2.0
#include "net/kernel_state.h"

#include <string.h>
#include <linux/neighbour.h>
#include "net/kernel_message.h"
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"

#define KERNEL_SETTLE_NS 20000000u // after an ambiguous notification
#define KERNEL_SETTLE_GAP_NS 200000000u // between two dumps
#define NUD_USABLE (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

static uint32_t kernel_interface(const struct kernel *k, int ifindex)
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

// Hops of a unicast route over our TAPs.
static void kernel_unicast(const struct kernel *k, const struct kernel_route *m,
			   struct rib_route *out)
{
	for (unsigned i = 0; i < m->count; i++) {
		uint32_t interface = kernel_interface(k, m->hops[i].ifindex);
		if (interface == FW_NO_INDEX || m->hops[i].dead)
			continue;
		struct hop *h = &out->hops[out->count++];
		h->interface = interface;
		h->family = m->hops[i].gateway_family;
		h->type = h->family == 0 ? HOP_CONNECTED : HOP_GATEWAY;
		memcpy(h->gateway, m->hops[i].gateway, 16);
	}
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
				  .metric = m->metric};
	memcpy(out->prefix, m->prefix, 16);
	if (m->cloned || (m->table != RT_TABLE_MAIN && m->table != RT_TABLE_LOCAL))
		return false;
	int ifindex = m->count > 0 ? m->hops[0].ifindex : 0;
	switch (m->type) {
	case RTN_UNICAST:
		if (kernel_link_local(m)) // means something only together with a device
			return false;
		kernel_unicast(k, m, out);
		return true;
	case RTN_LOCAL:
		out->scope = kernel_link_local(m) ? (uint32_t)ifindex : 0;
		uint32_t interface = kernel_interface(k, ifindex);
		bool ours = interface != FW_NO_INDEX;
		if (!ours && (ifindex != k->loopback || kernel_loopback_prefix(m)))
			return false;
		out->hops[0].type = HOP_LOCAL;
		out->hops[0].interface = ours ? interface : 0;
		out->count = 1;
		return true;
	case RTN_BLACKHOLE:
	case RTN_UNREACHABLE:
	case RTN_PROHIBIT:
		if (m->protocol == RTPROT_KERNEL)
			return false;
		out->hops[0].type = HOP_BLACKHOLE;
		out->count = 1;
		return true;
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
	if (k->settle_at_ns < k->settled_ns + KERNEL_SETTLE_GAP_NS)
		k->settle_at_ns = k->settled_ns + KERNEL_SETTLE_GAP_NS;
}

static void kernel_set_route(struct kernel *k, const struct rib_route *r)
{
	int code = rib_set(k->rib, r);
	if (code != 0 && !k->full)
		log_line("a route of the kernel cannot be used: %s", strerror(-code));
	k->full = code != 0;
}

static void kernel_on_route(struct kernel *k, const struct nlmsghdr *h)
{
	struct kernel_route m;
	struct rib_route r;
	if (!kernel_parse_route(h, &m) || !kernel_route(k, &m, &r))
		return;
	if (h->nlmsg_type == RTM_DELROUTE) {
		if (m.family == 6 && r.count > 0)
			rib_delete_hops(k->rib, &r);
		else
			rib_delete(k->rib, &r);
		kernel_unsettle(k); // another route of the same key may have stood behind it
		return;
	}
	if (h->nlmsg_flags & NLM_F_APPEND) {
		kernel_unsettle(k);
		return;
	}
	kernel_set_route(k, &r);
}

static void kernel_set_neighbor(struct kernel *k, const struct kernel_neighbor *m,
				const struct neighbor_key *key)
{
	struct learned *e = learned_add(k->learned, key);
	if (e == NULL || neighbor_set(k->neighbors, key, m->mac, false) != 0)
		return;
	e->stamp = k->stamp;
	e->stale = m->state & NUD_STALE;
	k->changed = true;
}

static void kernel_on_neighbor(struct kernel *k, const struct nlmsghdr *h)
{
	struct kernel_neighbor m;
	struct neighbor_key key;
	memset(&key, 0, sizeof(key));
	if (!kernel_parse_neighbor(h, &m) || (m.flags & NTF_PROXY))
		return;
	if (m.family == 6 ? m.address[0] == 0xff : m.address[0] >= 224)
		return; // the kernel's own entries for multicast
	key.interface = kernel_interface(k, m.ifindex);
	key.family = m.family;
	memcpy(key.address, m.address, 16);
	if (key.interface == FW_NO_INDEX)
		return;
	if (h->nlmsg_type == RTM_NEWNEIGH && (m.state & NUD_USABLE) && m.has_mac) {
		kernel_set_neighbor(k, &m, &key);
	} else if (learned_find(k->learned, &key) != NULL) {
		neighbor_delete(k->neighbors, &key, false);
		learned_remove(k->learned, &key);
		kernel_asked(k, &key)->at_ns = 0; // the next packet may ask at once
	}
}

void kernel_on_message(void *context, const struct nlmsghdr *h)
{
	struct kernel *k = context;
	struct kernel_address a;
	struct link l;
	switch (h->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		kernel_on_route(k, h);
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
