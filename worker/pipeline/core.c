// SPDX-License-Identifier: Apache-2.0
// One datapath core: what it owns, and how packets leave it.
//
// A packet ends in exactly one of the core_end_*() functions. They count, and put the mbuf into a
// vector that is handed over when it is full or the burst is done. received + originated ==
// forwarded + punted + consumed + sum(dropped) + held after every call.
//
// The generation belongs to the control thread; the core takes a pointer with core_set_tables()
// between bursts and never looks at an older one again. Rows (interfaces, zones, policies) mean
// something only inside one generation, so what must live longer is kept by name_id: held packets,
// sessions, routes.
#include "pipeline/core.h"

#include <stdlib.h>
#include <string.h>
#include "pipeline/clear.h"
#include <rte_cycles.h>
#include "pipeline/proxy_arp.h"
#include "pipeline/adjacency.h"
#include "pipeline/bounds.h"
#include "pipeline/reject.h"
#include "pipeline/session_view.h"
#include "pipeline/steer_core.h"
#include "pipeline/sweep.h"
#include "pipeline/translate.h"

enum { EXPIRE_BUDGET = 32 };

static void free_core(struct core *c)
{
	if (c->config.half_open == NULL)
		half_open_free(c->half_open);
	free(c);
}

struct core *core_create(const struct core_config *config)
{
	struct core *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->config = *config;
	c->half_open = config->half_open != NULL ? config->half_open : half_open_create();
	if (c->half_open == NULL) {
		free_core(c);
		return NULL;
	}
	c->hop_version = hop_clock_version(config->hops);
	c->random = config->seed != 0 ? config->seed : rte_rdtsc() | 1;
	c->busy = true;
	c->translating = session_count(config->sessions4) != 0;
	interface_index_build(&c->interfaces, NULL);
	hold_init(&c->hold);
	fragment_init(&c->fragments);
	if (config->tables != NULL) {
		for (unsigned table = 0; table < FW_TABLE_COUNT; table++)
			config->tables[table].used = config->tables[table].high_water = 0;
		session_report(config->sessions4, &config->tables[FW_TABLE_SESSIONS4]);
		session_report(config->sessions6, &config->tables[FW_TABLE_SESSIONS6]);
	}
	// What an earlier process held went with it.
	config->counters->dropped[FW_DROP_NEIGHBOR_UNRESOLVED] += config->counters->held;
	config->counters->held = 0;
	config->counters->sessions4 = session_count(config->sessions4);
	config->counters->sessions6 = session_count(config->sessions6);
	return c;
}

void core_set_bindings(struct core *c, struct bindings *b)
{
	c->config.bindings = b;
}

void core_free(struct core *c)
{
	if (c == NULL)
		return;
	hold_drop_all(c);
	fragment_drop_all(c);
	core_flush(c);
	fragment_free(&c->fragments);
	hold_free(&c->hold);
	free_core(c);
}

void core_set_time(struct core *c, uint32_t now, uint64_t realtime_ns)
{
	c->now = now;
	c->realtime_ns = realtime_ns;
}

static void fill_ingress(struct core *c)
{
	// Replay takes every unicast address for ours: only the group bit is compared.
	c->mac_mask = c->config.any_mac ? 1 : 0xffffffffffffull;
	for (uint32_t row = 0; c->tables != NULL && row < c->tables->interface_count; row++) {
		const struct interface *in = &c->tables->interfaces[row];
		c->ingress[row] = (struct ingress){
		    .interface = (uint16_t)row, .zone = in->zone, .vrf = in->vrf};
		memcpy(&c->ingress[row].mac, in->mac, 6);
		if (c->config.any_mac)
			c->ingress[row].mac = 0;
	}
}

void core_set_tables(struct core *c, const struct tables *t)
{
	bool changed = c->tables != NULL;
	if (t == c->tables)
		return;
	if (t != NULL) {
		generation_take_counters(c, t);
		proxy_arp_compare(c, t);
	}
	c->tables = t;
	interface_index_build(&c->interfaces, t);
	adjacency_reset(c);
	fill_ingress(c);
	if (t == NULL) {
		hold_drop_all(c);
		fragment_drop_all(c);
	} else {
		c->epoch = t->epoch;
		c->strict = t->window_strict;
		half_open_rows(c->half_open, t, c->half_open_slots);
		fragment_renew(c);
		reject_renew(c);
		c->translating |= t->nat != NULL;
		hold_limit(&c->hold, t->program->held_packets);
		hold_judge(c);
		sweep_start(c, changed);
		c->busy = true;
	}
	core_flush(c);
}

void core_refresh(struct core *c)
{
	c->nat_budget = translate_budget();
	c->hop_version = hop_clock_version(c->config.hops);
	adjacency_refresh(c);
}

static void expired(void *context, uint8_t family, uint32_t session)
{
	struct core *c = context;
	translate_end(c, family, session);
	half_open_leave(c->half_open, session_view(c, family, session << 1).track);
	c->config.counters->sessions_expired++;
	c->config.counters->sessions_closed++;
}

static bool expire(struct core *c)
{
	struct fw_counters *counters = c->config.counters;
	unsigned n4 = session_expire(c->config.sessions4, c->now, EXPIRE_BUDGET, expired, c);
	unsigned n6 = session_expire(c->config.sessions6, c->now, EXPIRE_BUDGET, expired, c);
	if (n4 != 0)
		counters->sessions4 = session_count(c->config.sessions4);
	if (n6 != 0)
		counters->sessions6 = session_count(c->config.sessions6);
	return session_expire_due(c->config.sessions4, c->now) ||
	       session_expire_due(c->config.sessions6, c->now);
}

// All of it waits for time to pass, but what is asked for. A turn of the loop is much shorter than a tick.
bool core_housekeeping(struct core *c)
{
	if (likely(c->kept == c->now && !c->busy && c->hold.hop_count == 0 && !clear_asked(&c->clear)))
		return false;
	core_refresh(c);
	bool more = expire(c);
	if (c->config.bindings != NULL)
		more |= bindings_expire(c->config.bindings, c->now);
	hold_turn(c);
	more |= fragment_turn(c);
	proxy_arp_turn(c);
	more |= sweep_turn(c);
	more |= clear_turn(c);
	bounds_report(c);
	core_flush(c);
	c->kept = c->now;
	c->busy = more;
	return more;
}

struct rte_mbuf *core_originate(struct core *c)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(c->config.pool);
	c->config.counters->originated++;
	if (mbuf == NULL)
		c->config.counters->dropped[FW_DROP_NO_BUFFER]++;
	return mbuf;
}

static void tell_end(struct core *c, struct packet *p, enum outcome outcome)
{
	p->end.outcome = outcome;
	if (unlikely(c->config.output.ended != NULL) && !p->own)
		c->config.output.ended(c->config.output.context, p->mbuf, &p->end);
}

// A buffer as most are when they end: whole, its own, nobody else's.
static inline bool is_plain(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && m->nb_segs == 1 && rte_mbuf_refcnt_read(m) == 1;
}

void core_flush_dropped(struct core *c)
{
	struct rte_mbuf **frames = c->dropped;
	unsigned count = c->dropped_count, plain = 0;
	c->dropped_count = 0;
	while (plain < count && is_plain(frames[plain]) && frames[plain]->pool == frames[0]->pool)
		plain++;
	if (plain != 0)
		rte_mempool_put_bulk(frames[0]->pool, (void **)frames, plain);
	if (unlikely(plain != count))
		rte_pktmbuf_free_bulk(frames + plain, count - plain);
}

static void flush_tx(struct core *c, unsigned port)
{
	struct tx_vector *v = &c->tx[port];
	unsigned count = v->count;
	v->count = 0;
	if (count != 0)
		c->config.output.transmit(c->config.output.context, port, v->frames, count);
}

static void flush_punt(struct core *c)
{
	unsigned count = c->punt.count;
	c->punt.count = 0;
	if (count != 0)
		c->config.output.punt(c->config.output.context, c->punt.interface, c->punt.frames,
				      count);
}

void core_flush(struct core *c)
{
	core_flush_dropped(c);
	flush_punt(c);
	if (c->config.cores > 1)
		steer_flush(c);
	for (; c->tx_waiting != 0; c->tx_waiting &= c->tx_waiting - 1)
		flush_tx(c, (unsigned)__builtin_ctz(c->tx_waiting));
}

void core_end_dropped(struct core *c, struct packet *p, enum fw_drop reason)
{
	p->end.reason = reason;
	c->config.counters->dropped[reason]++;
	tell_end(c, p, OUTCOME_DROPPED);
	core_discard(c, p);
}

void core_end_consumed(struct core *c, struct packet *p)
{
	c->config.counters->consumed++;
	tell_end(c, p, OUTCOME_CONSUMED);
	core_discard(c, p);
}

// What the mbuf carried from its receiver must not speak to the sender.
static void clear_offloads(struct rte_mbuf *mbuf)
{
	mbuf->ol_flags &= RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT;
	mbuf->vlan_tci = 0;
}

// The kernel's TAP of an interface sees frames without the interface's tag, and IP packets without
// padding.
static void untag(struct packet *p)
{
	if (p->l2_length == 18) {
		uint8_t *frame = packet_l2(p);
		memmove(frame + 4, frame, 12);
		rte_pktmbuf_adj(p->mbuf, 4);
		p->l2_length = 14;
	}
	uint32_t whole = (uint32_t)p->l2_length + p->ip_length;
	if (p->family != 0 && rte_pktmbuf_pkt_len(p->mbuf) > whole)
		rte_pktmbuf_trim(p->mbuf, (uint16_t)(rte_pktmbuf_pkt_len(p->mbuf) - whole));
}

void core_end_punted(struct core *c, struct packet *p, uint16_t interface)
{
	struct punt_vector *v = &c->punt;
	p->end.out_interface = FW_NO_INDEX;
	untag(p);
	clear_offloads(p->mbuf);
	c->config.counters->punted++;
	c->config.interfaces[interface].punted++;
	tell_end(c, p, OUTCOME_PUNTED);
	if (v->count == PIPELINE_BURST || (v->count != 0 && v->interface != interface))
		flush_punt(c);
	v->interface = interface;
	v->frames[v->count++] = p->mbuf;
}

void core_end_forwarded(struct core *c, struct packet *p, uint16_t interface)
{
	struct fw_interface_status *status = &c->config.interfaces[interface];
	uint16_t port = c->tables->interfaces[interface].port;
	uint32_t bytes = rte_pktmbuf_pkt_len(p->mbuf);
	p->end.out_interface = interface;
	clear_offloads(p->mbuf);
	c->config.counters->forwarded++;
	c->config.counters->forwarded_bytes += bytes;
	status->tx_packets++;
	status->tx_bytes += bytes;
	tell_end(c, p, OUTCOME_FORWARDED);
	if (c->tx[port].count == PIPELINE_BURST)
		flush_tx(c, port);
	struct tx_vector *v = core_tx(c, port);
	v->frames[v->count++] = p->mbuf;
}

void core_undelivered(struct core *c, enum outcome counted_as, enum fw_drop reason, uint32_t bytes)
{
	struct fw_counters *counters = c->config.counters;
	if (counted_as == OUTCOME_FORWARDED) {
		counters->forwarded--;
		counters->forwarded_bytes -= bytes;
	} else {
		counters->punted--;
	}
	counters->dropped[reason]++;
}
