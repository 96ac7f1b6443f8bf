// SPDX-License-Identifier: Apache-2.0
// The kernel's view of the routes and neighbors over our TAPs, kept current by notifications.
//
// Only the main and local tables count, and in them only routes that lead over our TAPs, addresses on lo, and blackholes.
// A notification is applied at once. Where it does not tell the whole truth (paths appended or taken out one by one, routes
// that vanish silently with an address or a link, notifications lost) everything is dumped again shortly after.
#include "net/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/neighbour.h>
#include "net/kernel_message.h"
#include "net/learned.h"
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"

#define KERNEL_SETTLE_NS 20000000u // after an ambiguous notification
#define KERNEL_SETTLE_GAP_NS 200000000u // between two dumps
#define KERNEL_RESOLVE_GAP_NS 250000000u // between two questions for one neighbor
#define KERNEL_REFRESH_GAP_NS 5000000000u
#define KERNEL_ASKED 1024u
#define NUD_USABLE (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

struct kernel_asked {
	struct neighbor_key key;
	uint64_t at_ns;
};

struct kernel {
	int monitor, request;
	struct rib *rib;
	struct neighbor_table *neighbors;
	struct learned_table *learned;
	struct kernel_hooks hooks;
	struct kernel_device devices[FW_MAX_INTERFACES];
	unsigned device_count;
	int loopback;
	bool changed; // neighbors, since the last hook
	bool wants_settle;
	uint64_t settle_at_ns, settled_ns;
	uint64_t now_ns; // of the current call
	uint32_t stamp; // of neighbor dumps
	bool full; // said already
	struct kernel_asked asked[KERNEL_ASKED];
};

struct kernel *kernel_create(struct rib *rib, struct neighbor_table *neighbors,
			     const struct kernel_hooks *hooks)
{
	struct kernel *k = calloc(1, sizeof(*k));
	if (k == NULL)
		return NULL;
	k->rib = rib;
	k->neighbors = neighbors;
	k->hooks = *hooks;
	k->monitor = nl_open(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
	k->request = nl_open(0);
	k->learned = learned_create();
	struct link l;
	if (k->request >= 0 && link_get(k->request, "lo", &l) == 0)
		k->loopback = l.ifindex;
	if (k->monitor < 0 || k->request < 0 || k->learned == NULL) {
		kernel_free(k);
		return NULL;
	}
	return k;
}

void kernel_free(struct kernel *k)
{
	if (k->monitor >= 0)
		close(k->monitor);
	if (k->request >= 0)
		close(k->request);
	learned_free(k->learned);
	free(k);
}

int kernel_fd(const struct kernel *k)
{
	return k->monitor;
}

int kernel_request(const struct kernel *k)
{
	return k->request;
}

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

static void kernel_unsettle(struct kernel *k)
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
	}
}

static void kernel_on_message(void *context, const struct nlmsghdr *h)
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

static void kernel_tell(struct kernel *k)
{
	if (k->changed)
		k->hooks.neighbor_changed(k->hooks.context);
	k->changed = false;
}

void kernel_read(struct kernel *k, uint64_t now_ns)
{
	int more;
	k->now_ns = now_ns;
	while ((more = nl_receive(k->monitor, kernel_on_message, k)) != 0) {
		if (more == -ENOBUFS) {
			kernel_unsettle(k);
			k->hooks.device_changed(k->hooks.context);
		} else if (more < 0) {
			break;
		}
	}
	kernel_tell(k);
}

static int kernel_dump(struct kernel *k, uint16_t type, const void *fixed, size_t size)
{
	struct nl_request r;
	nl_begin(&r, type, NLM_F_DUMP, fixed, size);
	return nl_call(k->request, &r, kernel_on_message, k);
}

static void kernel_dump_routes(struct kernel *k)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	int code = 0;
	rib_begin(k->rib, RIB_KERNEL);
	for (unsigned i = 0; i < 2 && code == 0; i++) {
		struct rtmsg m = {.rtm_family = families[i]};
		code = kernel_dump(k, RTM_GETROUTE, &m, sizeof(m));
	}
	rib_end(k->rib, RIB_KERNEL);
	if (code != 0)
		kernel_unsettle(k);
}

static void kernel_dump_neighbors(struct kernel *k)
{
	struct ndmsg m = {.ndm_family = AF_UNSPEC};
	k->stamp++;
	if (kernel_dump(k, RTM_GETNEIGH, &m, sizeof(m)) != 0) {
		kernel_unsettle(k);
		return;
	}
	for (uint32_t i = 0; i < learned_count(k->learned);) {
		struct learned *e = learned_at(k->learned, i);
		if (e->stamp == k->stamp) {
			i++;
			continue;
		}
		struct neighbor_key key = e->key;
		neighbor_delete(k->neighbors, &key, false);
		learned_remove(k->learned, &key);
	}
}

static void kernel_learn(struct kernel *k)
{
	k->wants_settle = false;
	kernel_dump_routes(k);
	kernel_dump_neighbors(k);
	kernel_tell(k);
}

void kernel_set_devices(struct kernel *k, const struct kernel_device *devices, unsigned count)
{
	memcpy(k->devices, devices, count * sizeof(devices[0]));
	k->device_count = count;
	kernel_learn(k);
}

int kernel_settle(struct kernel *k, uint64_t now_ns)
{
	if (!k->wants_settle)
		return -1;
	if (k->settle_at_ns <= now_ns) {
		k->now_ns = k->settled_ns = now_ns;
		kernel_learn(k);
	}
	return k->wants_settle ? (int)((k->settle_at_ns - now_ns) / 1000000) + 1 : -1;
}

static int kernel_ifindex(const struct kernel *k, uint32_t interface)
{
	for (unsigned i = 0; i < k->device_count; i++)
		if (k->devices[i].interface == interface)
			return k->devices[i].ifindex;
	return 0;
}

static void kernel_probe(struct kernel *k, const struct neighbor_key *key)
{
	int ifindex = kernel_ifindex(k, key->interface);
	if (ifindex == 0)
		return;
	struct nl_request r;
	struct ndmsg m = {.ndm_family = key->family == 4 ? AF_INET : AF_INET6,
			  .ndm_ifindex = ifindex,
			  .ndm_state = NUD_NONE,
			  .ndm_flags = NTF_USE};
	nl_begin(&r, RTM_NEWNEIGH, NLM_F_CREATE, &m, sizeof(m));
	nl_put(&r, NDA_DST, key->address, key->family == 4 ? 4 : 16);
	nl_call(k->request, &r, NULL, NULL);
}

void kernel_resolve(struct kernel *k, const struct neighbor_key *key, uint64_t now_ns)
{
	uint32_t h = key->interface;
	for (unsigned i = 0; i < 16; i++)
		h = (h ^ key->address[i]) * 16777619u;
	struct kernel_asked *a = &k->asked[(h >> 8 ^ h) % KERNEL_ASKED];
	bool same = a->at_ns != 0 && a->key.interface == key->interface &&
		    a->key.family == key->family && memcmp(a->key.address, key->address, 16) == 0;
	if (same && now_ns - a->at_ns < KERNEL_RESOLVE_GAP_NS)
		return;
	a->key = *key;
	a->at_ns = now_ns;
	kernel_probe(k, key);
}

void kernel_refresh_neighbors(struct kernel *k, uint64_t now_ns)
{
	for (uint32_t i = 0, asked = 0; i < learned_count(k->learned) && asked < 64; i++) {
		struct learned *e = learned_at(k->learned, i);
		if (!e->stale || now_ns - e->asked_ns < KERNEL_REFRESH_GAP_NS)
			continue;
		e->asked_ns = now_ns;
		asked++;
		kernel_probe(k, &e->key);
	}
}
