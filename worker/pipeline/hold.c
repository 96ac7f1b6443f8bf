// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hold.h"

#include <stdlib.h>
#include "pipeline/forward.h"
#include "pipeline/judge.h"
#include "pipeline/reject.h"

#define NONE UINT32_MAX

void hold_init(struct hold *h)
{
	memset(h, 0, sizeof(*h));
	h->free = NONE;
}

void hold_free(struct hold *h)
{
	free(h->hops);
	free(h->packets);
	hold_init(h);
}

void hold_limit(struct hold *h, uint32_t packets)
{
	uint32_t hops = RTE_MIN(RTE_MAX(packets / 4, HOLD_HOPS_LEAST), HOLD_HOPS_MOST);
	if (packets > h->allocated) {
		struct held *more = realloc(h->packets, packets * sizeof(*more));
		if (more == NULL)
			return; // the bound stays what it was
		h->packets = more;
		h->allocated = packets;
	}
	if (hops > h->hops_allocated) {
		struct hold_hop *more = realloc(h->hops, hops * sizeof(*more));
		if (more == NULL)
			return;
		h->hops = more;
		h->hops_allocated = hops;
	}
	h->limit = packets;
	h->hop_limit = hops;
}

static bool same_key(const struct neighbor_key *a, const struct neighbor_key *b)
{
	return a->interface == b->interface && a->family == b->family &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static struct hold_hop *find_hop(struct hold *h, const struct neighbor_key *key)
{
	for (unsigned i = 0; i < h->hop_count; i++)
		if (same_key(&h->hops[i].key, key))
			return &h->hops[i];
	return NULL;
}

static void ask(struct core *c, struct hold_hop *hop)
{
	hop->asked = c->now;
	if (c->config.output.resolve != NULL)
		c->config.output.resolve(c->config.output.context, &hop->key);
}

static struct hold_hop *add_hop(struct core *c, const struct neighbor_key *key)
{
	struct hold *h = &c->hold;
	if (h->hop_count >= h->hop_limit)
		return NULL;
	struct hold_hop *hop = &h->hops[h->hop_count++];
	hop->key = *key;
	hop->count = 0;
	ask(c, hop);
	return hop;
}

void hold_packet(struct core *c, struct packet *p, const struct neighbor_key *key)
{
	struct hold *h = &c->hold;
	struct hold_hop *hop = find_hop(h, key);
	if (hop == NULL && h->used < h->limit)
		hop = add_hop(c, key);
	if (hop == NULL || hop->count == HOLD_PER_HOP || h->used >= h->limit) {
		core_end_dropped(c, p, FW_DROP_NEIGHBOR_QUEUE_FULL);
		return;
	}
	uint32_t slot = h->free;
	if (slot != NONE)
		h->free = h->packets[slot].next;
	else
		slot = h->fresh++;
	h->packets[slot].packet = *p;
	h->packets[slot].since = c->now;
	h->packets[slot].interface =
	    p->interface == ROW_NONE ? 0 : c->tables->interfaces[p->interface].name_id;
	hop->packets[hop->count++] = (uint16_t)slot;
	if (++h->used > h->high_water)
		h->high_water = h->used;
	c->config.counters->held++;
}

// Takes packet number n out of the hop's list.
static struct packet *take(struct core *c, struct hold_hop *hop, unsigned n)
{
	struct hold *h = &c->hold;
	uint16_t slot = hop->packets[n];
	hop->count--;
	memmove(&hop->packets[n], &hop->packets[n + 1], (hop->count - n) * sizeof(hop->packets[0]));
	h->packets[slot].next = h->free;
	h->free = slot;
	h->used--;
	c->config.counters->held--;
	return &h->packets[slot].packet;
}

static void drop_hop(struct hold *h, struct hold_hop *hop)
{
	*hop = h->hops[--h->hop_count];
}

static void send_hop(struct core *c, struct hold_hop *hop, const uint8_t mac[6])
{
	uint16_t interface = interface_row(&c->interfaces, hop->key.interface);
	while (hop->count != 0) {
		struct packet *p = take(c, hop, 0);
		if (interface == ROW_NONE)
			core_end_dropped(c, p, FW_DROP_NO_ROUTE);
		else
			forward_send(c, p, interface, mac);
	}
}

void hold_release(struct core *c, const struct neighbor_key *key)
{
	uint8_t mac[6];
	struct hold_hop *hop = c->hold.hop_count == 0 ? NULL : find_hop(&c->hold, key);
	if (hop == NULL || neighbor_lookup(c->config.neighbors, key, mac) == FW_NO_INDEX)
		return;
	send_hop(c, hop, mac);
	drop_hop(&c->hold, hop);
}

static void expire_hop(struct core *c, struct hold_hop *hop)
{
	while (hop->count != 0 && c->now - c->hold.packets[hop->packets[0]].since >= HOLD_EXPIRES)
		reject_drop(c, take(c, hop, 0), FW_DROP_NEIGHBOR_UNRESOLVED);
}

void hold_turn(struct core *c)
{
	struct hold *h = &c->hold;
	if (h->hop_count == 0 || h->looked == c->now || c->tables == NULL)
		return;
	h->looked = c->now;
	for (unsigned i = h->hop_count; i-- > 0;) {
		struct hold_hop *hop = &h->hops[i];
		uint8_t mac[6];
		if (neighbor_lookup(c->config.neighbors, &hop->key, mac) != FW_NO_INDEX)
			send_hop(c, hop, mac);
		else
			expire_hop(c, hop);
		if (hop->count == 0)
			drop_hop(h, hop);
		else if (c->now - hop->asked >= HOLD_ASKS)
			ask(c, hop);
	}
}

// True when the packet's session, if it has one, is still permitted.
static bool still_permitted(struct core *c, struct packet *p, enum fw_drop *reason)
{
	struct judgement j;
	if (p->end.session == 0 || p->lane != LANE_FLOW)
		return true;
	uint32_t index = packet_find_again(c, p);
	if (index == FW_NO_INDEX)
		return true; // judged already, and the sender's next packet opens it anew
	struct session_view v = session_view(c, p->family, index);
	if (v.line[v.direction]->epoch == c->epoch || judge_session(c, &v, &j) != FATE_DENIED)
		return true;
	*reason = j.reason;
	return false;
}

// All packets of a session that wait for this hop.
static void deny_session(struct core *c, struct hold_hop *hop, uint64_t session,
			 enum fw_drop reason)
{
	for (unsigned n = 0; n < hop->count;) {
		if (c->hold.packets[hop->packets[n]].packet.end.session == session)
			core_end_dropped(c, take(c, hop, n), reason);
		else
			n++;
	}
}

// Rows of the new generation. An interface that is gone gets no errors.
static void renew(struct core *c, struct held *h)
{
	struct packet *p = &h->packet;
	if (p->interface == ROW_NONE)
		return;
	p->interface = interface_row(&c->interfaces, h->interface);
	p->end.in_interface = p->interface == ROW_NONE ? FW_NO_INDEX : p->interface;
	p->end.from_zone = FW_NO_INDEX;
	if (p->interface != ROW_NONE)
		p->end.from_zone = p->zone = c->tables->interfaces[p->interface].zone;
}

void hold_judge(struct core *c)
{
	struct hold *h = &c->hold;
	for (unsigned i = 0; i < h->hop_count; i++)
		for (unsigned n = 0; n < h->hops[i].count; n++)
			renew(c, &h->packets[h->hops[i].packets[n]]);
	for (unsigned i = h->hop_count; i-- > 0;) {
		struct hold_hop *hop = &h->hops[i];
		for (unsigned n = 0; n < hop->count;) {
			struct packet *p = &h->packets[hop->packets[n]].packet;
			enum fw_drop reason;
			if (still_permitted(c, p, &reason)) {
				n++;
				continue;
			}
			deny_session(c, hop, p->end.session, reason);
			n = 0;
		}
		if (hop->count == 0)
			drop_hop(h, hop);
	}
}

void hold_drop_all(struct core *c)
{
	struct hold *h = &c->hold;
	while (h->hop_count != 0) {
		struct hold_hop *hop = &h->hops[h->hop_count - 1];
		while (hop->count != 0)
			core_end_dropped(c, take(c, hop, 0), FW_DROP_NEIGHBOR_UNRESOLVED);
		h->hop_count--;
	}
}
