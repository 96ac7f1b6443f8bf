// SPDX-License-Identifier: Apache-2.0
// The life of a burst from a port, top to bottom.
//
// A: read the frames, check everything that needs no state, find the zone; make and hash the key,
// prefetch its bucket.
//
// B: compare tags in the buckets, prefetch the sessions.
//
// C: verify key, epoch and zone, step the TCP state, next hop, Ethernet header, transmit.
//
// A packet that is out of the ordinary leaves its pass for a side vector, and the vectors are
// worked off after pass C: slow packets of sessions, new flows (classified together), fragments,
// ICMP errors, multicast, discovery. Drops end at once. The order of packets inside one flow is kept, because
// all packets of a flow in one burst take the same way or end up behind the fast ones.
#include "pipeline/flow.h"

#include "pipeline/forward.h"
#include "pipeline/parse.h"
#include "pipeline/proxy_arp.h"

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

// One packet through pass A.
static inline void receive(struct core *c, uint32_t port, struct burst *b, struct packet *p,
			   struct rte_mbuf *mbuf)
{
	packet_start(p, mbuf);
	c->config.counters->received++;
	c->config.counters->received_bytes += rte_pktmbuf_pkt_len(mbuf);
	if (unlikely(mbuf->nb_segs != 1) && rte_pktmbuf_linearize(mbuf) != 0) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
		return;
	}
	parse_port_frame(c->tables, port, c->config.any_mac, p);
	if (likely(p->interface != ROW_NONE)) {
		c->config.interfaces[p->interface].rx_packets++;
		c->config.interfaces[p->interface].rx_bytes += rte_pktmbuf_pkt_len(mbuf);
	}
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
		core_end_dropped(c, p, (enum fw_drop)p->reason);
		break;
	}
}

static void pass_a(struct core *c, uint32_t port, struct burst *b, struct rte_mbuf **mbufs,
		   unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (unsigned i = 0; i < count; i++)
		receive(c, port, b, &b->packets[i], mbufs[i]);
}

static void pass_b(struct core *c, struct burst *b)
{
	for (unsigned i = 0; i < b->flows.count; i++)
		packet_probe(c, b->flows.packets[i]);
}

static inline void describe(const struct core *c, const struct session_view *v, struct packet *p)
{
	if (unlikely(c->config.output.ended !=
		     NULL)) // costs two cache lines that nothing else here needs
		session_describe(c, v, p);
}

// A packet of a session in the ordinary case: this generation, this zone, a live state, a cached
// next hop. False: slow.
static inline bool fast(struct core *c, struct packet *p, uint32_t index)
{
	struct session_view v = session_view(c, p->family, index);
	struct line *line = v.line[v.direction];
	if (unlikely(line->epoch != c->epoch || line->in_zone != p->zone ||
		     line->next_hop == FW_HOP_NONE))
		return false;
	if (unlikely(line->next_hop_version != c->hop_version)) {
		if (!route_hop_good(c, p->vrf, p->family,
				    translate_next(c, p, v.number, v.direction), line->next_hop,
				    line->next_hop_version))
			return false;
		line->next_hop_version = c->hop_version;
	}
	struct session_step step = session_ask(&v, p);
	if (unlikely(step.answer > SESSION_QUIET))
		return false;
	uint8_t mac[6];
	if (line->next_hop == FW_HOP_HOST) {
		describe(c, &v, p);
		session_commit(c, &v, p, step);
		translate_packet(c, p, v.number, v.direction);
		core_end_punted(c, p, p->interface);
		return true;
	}
	if (unlikely(!neighbor_mac(c->config.neighbors, line->next_hop, mac)))
		return false;
	describe(c, &v, p);
	uint16_t interface = c->slot_interface[line->next_hop];
	if (likely(forward_check(c, p, interface))) {
		session_commit(c, &v, p, step);
		translate_packet(c, p, v.number, v.direction);
		forward_send(c, p, interface, mac);
	}
	return true;
}

static void pass_c(struct core *c, struct burst *b)
{
	for (unsigned i = 0; i < b->flows.count; i++) {
		struct packet *p = b->flows.packets[i];
		uint32_t index = packet_find(c, p);
		if (unlikely(index == FW_NO_INDEX))
			push(&b->misses, p);
		else if (unlikely(!fast(c, p, index)))
			push(&b->slow, p);
	}
}

static void side_vectors(struct core *c, struct burst *b)
{
	for (unsigned i = 0; i < b->slow.count; i++)
		flow_packet(c, b->slow.packets[i]);
	if (b->misses.count != 0)
		admit_flows(c, b->misses.packets, b->misses.count);
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

void core_from_port(struct core *c, uint32_t port, struct rte_mbuf **burst, unsigned count)
{
	struct burst b;
	if (unlikely(c->tables == NULL)) {
		drop_all(c, burst, count);
		core_flush(c);
		return;
	}
	b.flows.count = b.slow.count = b.misses.count = b.fragments.count = 0;
	b.errors.count = b.others.count = 0;
	core_refresh(c);
	pass_a(c, port, &b, burst, count);
	pass_b(c, &b);
	pass_c(c, &b);
	side_vectors(c, &b);
	core_flush(c);
}
