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
#include "pipeline/receive.h"
#include "pipeline/route.h"
#include "pipeline/session_step.h"
#include "pipeline/tally.h"

enum established { ESTABLISHED_DONE, ESTABLISHED_SLOW, ESTABLISHED_MISS };

// The rare parts (established.c).
bool established_renew_hop(struct core *c, const struct packet *p, struct line *line,
			   const struct fw_line4 *line4);
enum established established_to_host(struct core *c, struct packet *p, uint32_t index);
// A packet that is not simply to pass: asks, tells and commits. False: nothing has happened.
bool established_step(struct core *c, struct packet *p, uint32_t index, uint16_t interface);
void established_tell(struct core *c, struct packet *p, uint32_t index, uint16_t interface);
void established_wrap(struct core *c, uint8_t family, uint32_t index); // of a line's packets
void established_tag(struct packet *p, const struct adjacency *a);

// Ethernet header and length of the frame; the buffer has the room.
static inline uint32_t established_frame(struct packet *p, const struct adjacency *a, uint16_t type)
{
	struct rte_mbuf *mbuf = p->mbuf;
	uint8_t *ip = p->ip;
	uint64_t back = a->back | (uint64_t)type << 48;
	uint32_t length = (uint32_t)a->l2_length + p->ip_length; // padding is cut off
	if (likely(a->vlan == 0)) {
		memcpy(ip - 14, &a->front, 8);
		memcpy(ip - 8, &back, 8);
	} else {
		memcpy(ip - 18, &a->front, 8);
		memcpy(ip - 12, &back, 8);
		established_tag(p, a);
		memcpy(ip - 2, &type, 2);
	}
	if (unlikely(a->l2_length != p->l2_length))
		mbuf->data_off = (uint16_t)(mbuf->data_off + p->l2_length - a->l2_length);
	mbuf->data_len = (uint16_t)length;
	mbuf->pkt_len = length;
	mbuf->vlan_tci = 0;
	if (unlikely(mbuf->ol_flags != 0))
		mbuf->ol_flags &= RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT;
	return length;
}

static inline __attribute__((always_inline)) enum established
established_packet(struct core *c, struct packet *p, struct tallies *tallies, const bool v6)
{
	const uint32_t index = packet_find(c, p);
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
		     (a->l2_length > p->l2_length &&
		      a->l2_length > p->l2_length + p->mbuf->data_off)))
		return ESTABLISHED_SLOW;

	bool commit = true;
	if (p->protocol != IPPROTO_UDP) {
		struct fw_session_track *track = v6 ? &s6->track : &s4->track;
		struct tcp_segment g;
		if (likely(p->protocol == IPPROTO_TCP &&
			   (g = packet_segment(p), tcp_track_ordinary(track, d, &g))))
			tcp_track_advance(track, d, &g);
		else if (established_step(c, p, index, a->interface))
			commit = false;
		else
			return ESTABLISHED_SLOW;
	}
	if (likely(commit)) {
		if (unlikely(c->config.output.ended != NULL))
			established_tell(c, p, index, a->interface);
		if (unlikely(++line->packets == 0))
			established_wrap(c, v6 ? 6 : 4, index);
		line->bytes += p->ip_length;
		line->last_seen = c->now;
		tally_add(c, &tallies->policy, line->policy, p->ip_length, tally_policy);
	}
	if (!v6 && line->flags & FW_LINE_NAT)
		rewrite4(p->ip, p->l4, p->protocol, false, line4);
	if (v6)
		p->ip[7]--;
	else
		checksum_decrement_ttl(p->ip);
	uint32_t bytes = established_frame(p, a, v6 ? BE16(RTE_ETHER_TYPE_IPV6) : BE16(RTE_ETHER_TYPE_IPV4));
	tally_send(c, tallies, a->interface, a->port, p->mbuf, bytes);
	return ESTABLISHED_DONE;
}

#endif
