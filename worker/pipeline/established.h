// SPDX-License-Identifier: Apache-2.0
// Pass C for the ordinary packet of a session: this generation, this zone, a state that allows it,
// a next hop that is still good and resolved, TTL and MTU enough. Everything is asked before
// anything changes; whatever is out of the ordinary is left to flow.c, with packet and session as
// they were.
#ifndef PORTCULLIS_PIPELINE_ESTABLISHED_H
#define PORTCULLIS_PIPELINE_ESTABLISHED_H

#include "nat/rewrite.h"
#include "pipeline/adjacency.h"
#include "pipeline/checksum.h"
#include "pipeline/route.h"
#include "pipeline/session_step.h"
#include "pipeline/tally.h"

enum established { ESTABLISHED_DONE, ESTABLISHED_SLOW, ESTABLISHED_MISS };

// The rare parts (established.c).
bool established_renew_hop(struct core *c, const struct packet *p, struct line *line,
			   const struct fw_line4 *line4);
enum established established_to_host(struct core *c, struct packet *p, uint32_t index);
void established_tell(struct core *c, struct packet *p, const struct session_view *v,
		      uint16_t interface);

// Ethernet header and length of the frame; the buffer has the room.
static inline void established_frame(struct packet *p, const struct adjacency *a)
{
	struct rte_mbuf *mbuf = p->mbuf;
	uint8_t *frame = p->ip - a->l2_length;
	uint16_t type = p->family == 4 ? rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4)
				       : rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6);
	memcpy(frame, a->addresses, 12);
	if (a->vlan != 0) {
		write16(frame + 12, RTE_ETHER_TYPE_VLAN);
		write16(frame + 14, (uint16_t)((p->tci & 0xf000) | a->vlan));
	}
	memcpy(p->ip - 2, &type, 2);
	mbuf->data_off = (uint16_t)(mbuf->data_off + p->l2_length - a->l2_length);
	mbuf->data_len = (uint16_t)(a->l2_length + p->ip_length);
	mbuf->pkt_len = mbuf->data_len; // padding is cut off
	mbuf->ol_flags &= RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT;
	mbuf->vlan_tci = 0;
}

// What a packet may do to its session, when that is not simply to pass.
static inline struct session_step established_ask(const struct session_view *v,
						  const struct packet *p, struct tcp_segment *g,
						  bool *noted)
{
	struct session_step step = {.answer = SESSION_PASS, .state = v->track->state};
	if (p->protocol == IPPROTO_TCP) {
		*g = packet_segment(p);
		if (likely(tcp_track_ordinary(v->track, v->direction, g)))
			return step;
		*noted = true;
		return tcp_track_ask(v->track, v->direction, g, v->strict);
	}
	return session_ask(v, p);
}

static inline __attribute__((always_inline)) enum established
established_packet(struct core *c, struct packet *p, struct tallies *tallies, const bool v6)
{
	uint32_t index = packet_find(c, p);
	if (unlikely(index == FW_NO_INDEX))
		return ESTABLISHED_MISS;
	unsigned d = index & 1;
	struct fw_session4 *s4 = v6 ? NULL : session_entry4(c->config.sessions4, index >> 1);
	struct fw_session6 *s6 = v6 ? session_entry6(c->config.sessions6, index >> 1) : NULL;
	const struct fw_line4 *line4 = v6 ? NULL : &s4->line[d];
	struct line *line =
	    v6 ? (struct line *)&s6->line[d].epoch : (struct line *)&s4->line[d].epoch;
	if (unlikely(line->epoch != c->epoch || line->in_zone != p->zone))
		return ESTABLISHED_SLOW;
	if (unlikely(line->next_hop_version != c->hop_version) &&
	    !established_renew_hop(c, p, line, line4))
		return ESTABLISHED_SLOW;
	if (unlikely(line->next_hop >= RTE_DIM(c->adjacencies)))
		return line->next_hop == FW_HOP_HOST ? established_to_host(c, p, index)
						     : ESTABLISHED_SLOW;
	const struct adjacency *a = adjacency_of(c, line->next_hop);
	if (unlikely(a == NULL || p->ip[v6 ? 7 : 8] <= 1 || p->ip_length > a->mtu ||
		     a->l2_length > p->l2_length + p->mbuf->data_off))
		return ESTABLISHED_SLOW;

	struct session_step step = {.answer = SESSION_PASS};
	struct session_view v = {.family = v6 ? 6 : 4,
				 .direction = (uint8_t)d,
				 .strict = c->strict,
				 .number = index >> 1,
				 .track = v6 ? &s6->track : &s4->track};
	struct tcp_segment g;
	bool noted = false;
	if (p->protocol != IPPROTO_UDP) {
		step = established_ask(&v, p, &g, &noted);
		if (unlikely(step.answer > SESSION_QUIET))
			return ESTABLISHED_SLOW;
	}
	if (unlikely(c->config.output.ended != NULL || noted)) {
		v = session_view(c, v.family, index);
		established_tell(c, p, &v, a->interface);
	}

	if (unlikely(++line->packets == 0))
		v.track->packets_high[d]++;
	line->bytes += p->ip_length;
	if (likely(step.answer == SESSION_PASS || step.keeps))
		line->last_seen = c->now;
	tally_add(c, &tallies->policy, line->policy, p->ip_length, tally_policy);
	if (p->protocol == IPPROTO_TCP) {
		if (unlikely(noted))
			session_note_tcp(c, &v, p, step);
		else
			tcp_track_advance(v.track, d, &g);
	}
	if (!v6 && line->flags & FW_LINE_NAT)
		rewrite4(p->ip, p->l4, p->protocol, false, line4);
	if (v6)
		p->ip[7]--;
	else
		checksum_decrement_ttl(p->ip);
	established_frame(p, a);
	tally_add(c, &tallies->sent, a->interface, p->mbuf->data_len, tally_sent);
	tallies->sent_packets++;
	tallies->all_sent += p->mbuf->data_len;
	struct tx_vector *tx = &c->tx[a->port]; // empty at the start of the burst
	tx->frames[tx->count++] = p->mbuf;
	return ESTABLISHED_DONE;
}

#endif
