// SPDX-License-Identifier: Apache-2.0
// The kernel's view of the routes and neighbors over our TAPs, kept current by notifications.
//
// What counts: the tables of the VRFs that our interfaces are in, and main and local; in them routes that lead over our
// TAPs, addresses on lo, and routes that drop. Connected and local routes belong to the VRF of their interface, whatever
// table the kernel has them in; any other route of the main table over an interface of a VRF means nothing.
// A notification is applied at once. Where it does not tell the whole truth (paths appended one by one, a route that hid
// another one, routes that vanish silently with an address or a link, notifications lost) everything is dumped again
// shortly after, and not more often than the dump itself takes times four.
#include "net/kernel_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include "net/kernel_message.h"
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"

#define KERNEL_RESOLVE_GAP_NS 250000000u // between two questions for one neighbor
#define KERNEL_TELL_NS 100000000u // a dump that takes longer is said in the log

struct kernel *kernel_create(struct rib *rib, struct neighbor_table *neighbors,
			     const struct kernel_hooks *hooks)
{
	struct kernel *k = calloc(1, sizeof(*k));
	if (k == NULL)
		return NULL;
	k->rib = rib;
	k->neighbors = neighbors;
	k->hooks = *hooks;
	k->neighbor_limit = FW_MAX_LEARNED_NEIGHBORS;
	k->monitor = nl_open(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
	if (k->monitor >= 0)
		nl_join(k->monitor, RTNLGRP_NEXTHOP);
	k->nexthops = nexthop_create();
	k->request = nl_open(0);
	k->learned = learned_create();
	struct link l;
	if (k->request >= 0 && link_get(k->request, "lo", &l) == 0)
		k->loopback = l.ifindex;
	if (k->monitor < 0 || k->request < 0 || k->learned == NULL ||
	    k->nexthops == NULL) {
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
	nexthop_free(k->nexthops);
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
	kernel_renew(k);
	kernel_tell(k);
}

static int kernel_dump(struct kernel *k, uint16_t type, const void *fixed, size_t size)
{
	struct nl_request r;
	nl_begin(&r, type, NLM_F_DUMP, fixed, size);
	return nl_call(k->request, &r, kernel_on_message, k);
}

// Before the routes that refer to them. A kernel without nexthop objects has none to tell.
static void kernel_dump_nexthops(struct kernel *k)
{
	struct nhmsg m = {.nh_family = AF_UNSPEC};
	nexthop_begin(k->nexthops);
	int code = kernel_dump(k, RTM_GETNEXTHOP, &m, sizeof(m));
	if (code == 0 || code == -EOPNOTSUPP)
		nexthop_end(k->nexthops);
	else
		kernel_unsettle(k);
}

static void kernel_dump_routes(struct kernel *k)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	int code = 0;
	k->missing = false;
	rib_begin(k->rib, RIB_KERNEL);
	for (unsigned i = 0; i < 2 && code == 0; i++) {
		struct rtmsg m = {.rtm_family = families[i]};
		code = kernel_dump(k, RTM_GETROUTE, &m, sizeof(m));
	}
	rib_end(k->rib, RIB_KERNEL);
	kernel_renew(k);
	k->told = k->missing;
	if (code != 0)
		kernel_unsettle(k);
}

// The sum over some addresses does not depend on their order.
static uint64_t kernel_mix(const uint8_t address[4])
{
	uint32_t value;
	memcpy(&value, address, 4);
	uint64_t x = (value + 1ull) * 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

static void kernel_on_own(void *context, const struct nlmsghdr *h)
{
	struct kernel *k = context;
	struct kernel_address a;
	if (!kernel_parse_address(h, &a) || a.scope >= RT_SCOPE_LINK)
		return;
	for (unsigned i = 0; i < k->device_count; i++) {
		struct kernel_own *own = &k->own[i];
		if (k->devices[i].ifindex != a.ifindex)
			continue;
		if (a.family == 4)
			own->all4 += kernel_mix(a.address);
		if (a.family == 4 && !own->has4) {
			own->has4 = true;
			memcpy(own->address4, a.address, 4);
		} else if (a.family == 6 && !own->has6) {
			own->has6 = true;
			memcpy(own->address6, a.address, 16);
		}
	}
}

static void kernel_dump_addresses(struct kernel *k)
{
	struct ifaddrmsg m = {0};
	struct nl_request r;
	memset(k->own, 0, sizeof(k->own));
	nl_begin(&r, RTM_GETADDR, NLM_F_DUMP, &m, sizeof(m));
	if (nl_call(k->request, &r, kernel_on_own, k) != 0)
		kernel_unsettle(k);
	k->hooks.addresses_changed(k->hooks.context);
}

bool kernel_address(const struct kernel *k, uint32_t interface, uint8_t family, uint8_t address[16])
{
	for (unsigned i = 0; i < k->device_count; i++) {
		const struct kernel_own *own = &k->own[i];
		if (k->devices[i].interface != interface)
			continue;
		memset(address, 0, 16);
		memcpy(address, family == 4 ? own->address4 : own->address6, family == 4 ? 4 : 16);
		return family == 4 ? own->has4 : own->has6;
	}
	return false;
}

uint64_t kernel_addresses4(const struct kernel *k, uint32_t interface)
{
	for (unsigned i = 0; i < k->device_count; i++)
		if (k->devices[i].interface == interface)
			return k->own[i].all4;
	return 0;
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
		if (e->stamp == k->stamp || !kernel_lost_neighbor(k, e))
			i++;
	}
}

// CLOCK_MONOTONIC is the clock of now_ns, read where time passes inside a call.
static uint64_t kernel_clock_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void kernel_learn(struct kernel *k)
{
	uint64_t start = kernel_clock_ns(CLOCK_MONOTONIC), computed = kernel_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	k->wants_settle = false;
	kernel_dump_addresses(k);
	kernel_dump_nexthops(k);
	kernel_dump_routes(k);
	kernel_dump_neighbors(k);
	k->settled_ns = kernel_clock_ns(CLOCK_MONOTONIC);
	k->learn_ns = k->settled_ns - start;
	computed = kernel_clock_ns(CLOCK_THREAD_CPUTIME_ID) - computed;
	if (k->learn_ns > KERNEL_TELL_NS)
		log_line("read %u IPv4 and %u IPv6 routes of the kernel in %u ms (%u ms of processor time)",
			 rib_routes(k->rib, RIB_KERNEL, 4), rib_routes(k->rib, RIB_KERNEL, 6),
			 (uint32_t)(k->learn_ns / 1000000), (uint32_t)(computed / 1000000));
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
		k->now_ns = now_ns;
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

void kernel_probe(struct kernel *k, const struct neighbor_key *key)
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

// The kernel may know one that had no room here before.
static void kernel_get_neighbor(struct kernel *k, const struct neighbor_key *key)
{
	struct nl_request r;
	struct ndmsg m = {.ndm_family = key->family == 4 ? AF_INET : AF_INET6,
			  .ndm_ifindex = kernel_ifindex(k, key->interface)};
	if (m.ndm_ifindex == 0)
		return;
	nl_begin(&r, RTM_GETNEIGH, 0, &m, sizeof(m));
	nl_put(&r, NDA_DST, key->address, key->family == 4 ? 4 : 16);
	nl_call(k->request, &r, kernel_on_message, k);
}

struct kernel_asked *kernel_asked(struct kernel *k, const struct neighbor_key *key)
{
	uint32_t h = key->interface;
	for (unsigned i = 0; i < 16; i++)
		h = (h ^ key->address[i]) * 16777619u;
	return &k->asked[(h >> 8 ^ h) % KERNEL_ASKED];
}

void kernel_resolve(struct kernel *k, const struct neighbor_key *key, uint64_t now_ns)
{
	struct kernel_asked *a = kernel_asked(k, key);
	bool same = a->at_ns != 0 && a->key.interface == key->interface &&
		    a->key.family == key->family && memcmp(a->key.address, key->address, 16) == 0;
	if (same && now_ns - a->at_ns < KERNEL_RESOLVE_GAP_NS)
		return;
	a->key = *key;
	a->at_ns = now_ns;
	k->now_ns = now_ns;
	kernel_get_neighbor(k, key);
	if (!k->changed)
		kernel_probe(k, key);
	kernel_tell(k);
}
