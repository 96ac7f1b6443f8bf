// SPDX-License-Identifier: Apache-2.0
// The life of a burst from a port, top to bottom.
//
// A: read the frames, check everything that needs no state, find the zone; make and hash the key,
// prefetch its bucket.
//
// B: compare tags in the buckets, prefetch the sessions (of TCP a second line, a little ahead of C).
//
// C: verify key, epoch and zone, step the TCP state, next hop, Ethernet header, transmit.
//
// A packet that is out of the ordinary leaves its pass for a side vector, and the vectors are
// worked off after pass C: slow packets of sessions, new flows (classified together), fragments,
// ICMP errors, multicast, discovery. Drops end at once. The order of packets inside one flow is kept, because
// all packets of a flow in one burst take the same way or end up behind the fast ones.
#include "pipeline/flow.h"

#include "pipeline/established.h"
#include "pipeline/parse.h"
#include "pipeline/proxy_arp.h"
#include "pipeline/receive.h"
#include "pipeline/refuse.h"
#include "pipeline/reject.h"
#include "pipeline/steer_core.h"

enum { LEAD = 6 }; // packets between asking for the second line of a session and using it

struct vector {
	unsigned count;
	struct packet *packets[PIPELINE_BURST];
};

struct burst {
	struct vector flows;  // have a key
	struct vector slow;   // of sessions, out of the ordinary
	struct vector misses; // of no session yet
	struct vector fragments; // pieces of datagrams
	struct vector errors; // ICMP errors
	struct vector others; // multicast, discovery
	struct packet packets[PIPELINE_BURST];
};

static inline void push(struct vector *v, struct packet *p)
{
	v->packets[v->count++] = p;
}

// The full parser. p->interface is set when the frame belongs to one.
static __attribute__((noinline)) void receive_any(struct core *c, uint32_t port, struct burst *b,
						  struct packet *p, struct rte_mbuf *mbuf,
						  bool passed)
{
	packet_start(p, mbuf);
	if (unlikely(mbuf->nb_segs != 1) && rte_pktmbuf_linearize(mbuf) != 0) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
		return;
	}
	uint32_t bytes = rte_pktmbuf_pkt_len(mbuf);
	parse_port_frame(c->tables, port, c->config.any_mac, p);
	if (likely(p->interface != ROW_NONE) && !passed)
		tally_received(c, &(struct tally){p->interface, 1, bytes});
	switch ((enum lane)p->lane) {
	case LANE_FLOW:
		packet_hash(c, p);
		push(&b->flows, p);
		break;
	case LANE_FRAGMENT:
		push(&b->fragments, p);
		break;
	case LANE_ICMP_ERROR:
		push(&b->errors, p);
		break;
	case LANE_ICMP_ONCE:
		push(&b->misses, p);
		break;
	case LANE_KERNEL:
		if (!proxy_arp_packet(c, p))
			core_end_punted(c, p, p->interface);
		break;
	case LANE_DISCOVERY:
	case LANE_GROUP:
		push(&b->others, p);
		break;
	case LANE_DROP:
		reject_malformed(c, p);
		break;
	}
}

// passed: another core has counted the frames.
static inline __attribute__((always_inline)) void
pass_a(struct core *c, uint32_t port, struct burst *b, struct rte_mbuf **mbufs, unsigned count,
       bool passed)
{
	static const uint16_t no_interface[4096] = {[0 ... 4095] = ROW_NONE};
	const uint16_t *by_vlan = port < c->tables->port_count
				      ? &c->tables->interface_by_vlan[port * 4096]
				      : no_interface;
	struct tally received = {0};
	unsigned flows = 0;
	uint64_t bytes = 0;
	for (unsigned i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (unsigned i = 0; i < count; i++) {
		struct packet *p = &b->packets[i];
		uint32_t length = rte_pktmbuf_pkt_len(mbufs[i]);
		bytes += length;
		if (likely(receive_ordinary(c, by_vlan, p, mbufs[i]))) {
			if (!passed)
				tally_add(c, &received, (uint16_t)p->place, length,
					  tally_received);
			b->flows.packets[flows++] = p;
		} else {
			b->flows.count = flows;
			receive_any(c, port, b, p, mbufs[i], passed);
			flows = b->flows.count;
		}
	}
	b->flows.count = flows;
	if (passed)
		return;
	tally_received(c, &received);
	c->config.counters->received += count;
	c->config.counters->received_bytes += bytes;
}

// The line of a packet's direction is on its way; so is now what both directions share.
static inline void prefetch_track(const struct core *c, const struct packet *p)
{
	if (p->protocol != IPPROTO_UDP && p->candidate != FW_NO_INDEX)
		rte_prefetch0(session_view(c, p->family, p->candidate).track);
}

static inline __attribute__((always_inline)) void pass_c(struct core *c, struct burst *b,
							 struct packet *p, struct tallies *tallies)
{
	enum established e = likely(p->family == 4) ? established_packet(c, p, tallies, false)
						    : established_packet(c, p, tallies, true);
	if (likely(e == ESTABLISHED_DONE))
		return;
	push(e == ESTABLISHED_MISS ? &b->misses : &b->slow, p);
}

// A core has only so many reads of memory under way: the second ones of TCP begin while pass C works.
static void pass_b_and_c(struct core *c, struct burst *b)
{
	struct tallies tallies = {0};
	unsigned count = b->flows.count, ahead = count < LEAD ? count : LEAD;
	uint8_t others = 0;
	for (unsigned i = 0; i < count; i++) {
		packet_probe(c, b->flows.packets[i]);
		others |= b->flows.packets[i]->protocol ^ IPPROTO_UDP;
	}
	for (unsigned i = 0; others != 0 && i < ahead; i++)
		prefetch_track(c, b->flows.packets[i]);
	for (unsigned i = 0; i < count; i++) {
		if (others != 0 && i + LEAD < count)
			prefetch_track(c, b->flows.packets[i + LEAD]);
		pass_c(c, b, b->flows.packets[i], &tallies);
	}
	tallies_close(c, &tallies);
}

static void work_off_misses(struct core *c, struct vector *misses)
{
	unsigned refused = refuse_flood(c, misses->packets, misses->count);
	for (unsigned i = refused; i < misses->count; i++)
		packet_start_end(misses->packets[i]);
	if (refused != misses->count)
		admit_flows(c, misses->packets + refused, misses->count - refused);
}

static void side_vectors(struct core *c, struct burst *b)
{
	for (unsigned i = 0; i < b->slow.count; i++) {
		packet_start_end(b->slow.packets[i]);
		flow_packet(c, b->slow.packets[i]);
	}
	if (b->misses.count != 0)
		work_off_misses(c, &b->misses);
	for (unsigned i = 0; i < b->fragments.count; i++)
		fragment_packet(c, b->fragments.packets[i]);
	for (unsigned i = 0; i < b->errors.count; i++)
		icmp_error_packet(c, b->errors.packets[i]);
	for (unsigned i = 0; i < b->others.count; i++) {
		struct packet *p = b->others.packets[i];
		if (p->lane == LANE_DISCOVERY)
			host_discovery(c, p);
		else
			host_group(c, p);
	}
}

static void drop_all(struct core *c, struct rte_mbuf **mbufs, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct packet p;
		packet_start(&p, mbufs[i]);
		c->config.counters->received++;
		c->config.counters->received_bytes += rte_pktmbuf_pkt_len(mbufs[i]);
		core_end_dropped(c, &p, FW_DROP_NO_GENERATION);
	}
}

// Keeps what is not passed on to another core.
static inline void pass_on(struct core *c, struct vector *v,
			   bool (*passes)(struct core *c, struct packet *p))
{
	unsigned kept = 0;
	for (unsigned i = 0; i < v->count; i++)
		if (!passes(c, v->packets[i]))
			v->packets[kept++] = v->packets[i];
	v->count = kept;
}

static void steer_burst(struct core *c, struct burst *b)
{
	b->flows.count = steer_flows(c, b->flows.packets, b->flows.count);
	pass_on(c, &b->fragments, steer_away);
	pass_on(c, &b->errors, steer_away);
}

static void begin(struct core *c, struct burst *b)
{
	b->flows.count = b->slow.count = b->misses.count = b->fragments.count = 0;
	b->errors.count = b->others.count = 0;
	core_refresh(c);
	c->opened = c->config.counters->sessions_opened;
}

static void finish(struct core *c, struct burst *b)
{
	pass_b_and_c(c, b);
	side_vectors(c, b);
	core_flush(c);
}

void core_from_port(struct core *c, uint32_t port, struct rte_mbuf **burst, unsigned count)
{
	struct burst b;
	if (unlikely(c->tables == NULL)) {
		drop_all(c, burst, count);
		core_flush(c);
		return;
	}
	begin(c, &b);
	pass_a(c, port, &b, burst, count, false);
	if (unlikely(c->config.cores > 1))
		steer_burst(c, &b);
	finish(c, &b);
}

// A fragment whose ports the core of its datagram has found.
static void keyed(struct core *c, uint32_t port, struct rte_mbuf *mbuf)
{
	struct packet p;
	packet_start(&p, mbuf);
	parse_port_frame(c->tables, port, c->config.any_mac, &p);
	if (p.lane == LANE_FRAGMENT && steer_take_key(&p))
		fragment_continue(c, &p);
	else
		core_end_dropped(c, &p, FW_DROP_FRAGMENT_INVALID);
	core_flush(c);
}

// Frames of one port, one after the other, make a burst.
void core_from_core(struct core *c, struct rte_mbuf **mbufs, unsigned count)
{
	for (unsigned i = 0; i < count; i++) { // they are in the cache of the core that received them
		rte_mbuf_prefetch_part1(mbufs[i]);
		rte_mbuf_prefetch_part2(mbufs[i]);
	}
	for (unsigned i = 0, n; i < count; i += n) {
		struct steer_place at = steer_place(c, mbufs[i]);
		for (n = 1; i + n < count && at.kind == STEER_PORT; n++) {
			struct steer_place next = steer_place(c, mbufs[i + n]);
			if (next.kind != STEER_PORT || next.row != at.row)
				break;
		}
		struct burst b;
		switch (at.kind) {
		case STEER_PORT:
			begin(c, &b);
			pass_a(c, at.row, &b, mbufs + i, n, true);
			finish(c, &b);
			break;
		case STEER_KEYED:
			core_refresh(c);
			keyed(c, at.row, mbufs[i]);
			break;
		case STEER_HOST:
		case STEER_HOST_KEYED:
			host_from_core(c, (uint16_t)at.row, mbufs[i], at.kind);
			break;
		case STEER_NOWHERE: {
			struct packet p;
			packet_start(&p, mbufs[i]);
			core_end_dropped(c, &p, c->tables == NULL ? FW_DROP_NO_GENERATION :
								    FW_DROP_VLAN_UNKNOWN);
			core_flush(c);
			break;
		}
		}
	}
}
