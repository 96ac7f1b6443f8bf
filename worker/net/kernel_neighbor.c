// SPDX-License-Identifier: Apache-2.0
// Neighbors that the kernel has resolved, as the datapath may use them.
//
// Bounded: when as many are learned as may be, a new one takes the place of one that no flow has used for a while (two
// rounds of ten seconds; net/neighbor.h), searched for from where the last search ended. If the next of them are all in
// use, the new one is refused. So whoever fills the link with stations can keep new ones out, but harms no flow.
//
// The kernel has a bound of its own and throws out entries that it does not use itself. One that flows use here stays when
// that happens; the kernel is asked to resolve it again, and only if nobody answers for a minute, or the kernel finds that
// it does not answer, it goes.
#include "net/kernel_state.h"

#include <string.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include "net/kernel_message.h"
#include "net/log.h"

#define REFRESH_GAP_NS 5000000000u
#define REFRESH_MAX 64u // probes in one call
#define ROUND_NS 10000000000u
#define FORGOTTEN_NS 60000000000u
#define VICTIM_LOOKS 256u
#define NUD_USABLE (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

static void kernel_drop_neighbor(struct kernel *k, const struct learned *e)
{
	struct neighbor_key key = e->key;
	neighbor_delete(k->neighbors, &key, false);
	learned_remove(k->learned, &key);
}

// Makes room for one more. False: those looked at are all in use.
static bool kernel_evict(struct kernel *k)
{
	uint32_t count = learned_count(k->learned);
	for (uint32_t i = 0; i < VICTIM_LOOKS && i < count; i++) {
		const struct learned *e = learned_at(k->learned, k->victim++ % count);
		if (neighbor_in_use(k->neighbors, &e->key))
			continue;
		kernel_drop_neighbor(k, e);
		return true;
	}
	return false;
}

static void kernel_refuse(struct kernel *k)
{
	if (k->neighbor_refused++ == 0)
		log_line("a neighbor is not learned: %u are, and flows use them (further ones are counted only)",
			 learned_count(k->learned));
}

static struct learned *kernel_admit(struct kernel *k, const struct neighbor_key *key)
{
	struct learned *e = learned_find(k->learned, key);
	if (e != NULL)
		return e;
	if (learned_count(k->learned) >= k->neighbor_limit && !kernel_evict(k))
		return NULL;
	e = learned_add(k->learned, key);
	if (learned_count(k->learned) > k->neighbor_high_water)
		k->neighbor_high_water = learned_count(k->learned);
	return e;
}

static void kernel_set_neighbor(struct kernel *k, const struct kernel_neighbor *m,
				const struct neighbor_key *key)
{
	struct learned *e = kernel_admit(k, key);
	if (e == NULL || neighbor_set(k->neighbors, key, m->mac, false) != 0) {
		if (e != NULL)
			learned_remove(k->learned, key);
		kernel_refuse(k);
		return;
	}
	e->stamp = k->stamp;
	e->stale = m->state & NUD_STALE;
	e->forgotten_ns = 0;
	k->changed = true;
}

bool kernel_lost_neighbor(struct kernel *k, struct learned *e)
{
	bool ours = false;
	for (unsigned i = 0; i < k->device_count && !ours; i++)
		ours = k->devices[i].interface == e->key.interface;
	if (!ours || !neighbor_in_use(k->neighbors, &e->key)) {
		kernel_drop_neighbor(k, e);
		return true;
	}
	if (e->forgotten_ns == 0) {
		e->forgotten_ns = e->asked_ns = k->now_ns;
		e->stale = true;
		kernel_probe(k, &e->key);
	}
	return false;
}

// What the kernel says about one that it can no longer use.
static void kernel_bad_neighbor(struct kernel *k, uint16_t type, uint16_t state, struct learned *e)
{
	struct neighbor_key key = e->key;
	if (type == RTM_DELNEIGH && !(state & NUD_FAILED)) {
		if (!kernel_lost_neighbor(k, e))
			return;
	} else if (e->forgotten_ns != 0 && !(state & NUD_FAILED)) {
		return; // it is being resolved again
	} else {
		kernel_drop_neighbor(k, e);
	}
	kernel_asked(k, &key)->at_ns = 0; // the next packet may ask at once
}

void kernel_on_neighbor(struct kernel *k, const struct nlmsghdr *h)
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
	struct learned *e = learned_find(k->learned, &key);
	if (h->nlmsg_type == RTM_NEWNEIGH && (m.state & NUD_USABLE) && m.has_mac)
		kernel_set_neighbor(k, &m, &key);
	else if (e != NULL)
		kernel_bad_neighbor(k, h->nlmsg_type, m.state, e);
}

void kernel_limit_neighbors(struct kernel *k, uint32_t limit)
{
	k->neighbor_limit = limit;
	while (learned_count(k->learned) > limit && kernel_evict(k))
		;
	while (learned_count(k->learned) > limit) // all in use: the youngest go
		kernel_drop_neighbor(k, learned_at(k->learned, learned_count(k->learned) - 1));
}

void kernel_neighbor_usage(const struct kernel *k, struct fw_table_status *out)
{
	out->capacity = k->neighbor_limit;
	out->used = learned_count(k->learned);
	out->high_water = k->neighbor_high_water;
	out->refused = k->neighbor_refused;
}

void kernel_refresh_neighbors(struct kernel *k, uint64_t now_ns)
{
	if (now_ns - k->round_ns >= ROUND_NS) {
		k->round_ns = now_ns;
		neighbor_round(k->neighbors);
	}
	for (uint32_t i = 0, asked = 0; i < learned_count(k->learned) && asked < REFRESH_MAX;) {
		struct learned *e = learned_at(k->learned, i);
		if (e->forgotten_ns != 0 && now_ns - e->forgotten_ns >= FORGOTTEN_NS) {
			kernel_drop_neighbor(k, e);
			continue;
		}
		i++;
		if (!e->stale || now_ns - e->asked_ns < REFRESH_GAP_NS)
			continue;
		e->asked_ns = now_ns;
		asked++;
		kernel_probe(k, &e->key);
	}
}
