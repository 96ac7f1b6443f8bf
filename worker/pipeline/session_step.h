// SPDX-License-Identifier: Apache-2.0
// What a packet may do to its session. session_ask() only answers; session_commit() is called when
// the packet goes on, so that a packet that is dropped later (TTL, MTU) has changed nothing.
#ifndef PORTCULLIS_PIPELINE_SESSION_STEP_H
#define PORTCULLIS_PIPELINE_SESSION_STEP_H

#include <netinet/in.h>
#include "pipeline/session_view.h"
#include "pipeline/tcp_track.h"

void session_enter(struct core *c, struct session_view *v,
		   uint8_t state); // a new TCP state and its timeout
void session_end(struct core *c, uint8_t family, uint32_t number); // closes and counts
// Ticks of silence after which a session ends.
uint32_t session_timeout(const struct core *c, uint8_t protocol, uint8_t state,
			 uint32_t application_timeout);
// The connection of a session has moved on by the segment that is on its way.
void session_note_tcp(struct core *c, struct session_view *v, const struct packet *p,
		      struct session_step step);
// Starts the track of a fresh TCP session; scale options are read from the packet.
void session_open_tcp(struct fw_session_track *track, const struct packet *p);

// A half-open session counts for the zone that its initiator is in; those of the firewall itself
// for none.
void session_count_half_open(struct core *c, struct session_view *v, uint16_t zone);
bool session_admits_half_open(struct core *c, const struct packet *p); // another one
void session_set_timeout(struct core *c, struct session_view *v, uint32_t timeout);

static inline struct tcp_segment packet_segment(const struct packet *p)
{
	const uint8_t *l4 = p->ip + p->l4;
	return tcp_segment_read(l4, (uint32_t)p->ip_length - p->l4 - (l4[12] >> 4) * 4u);
}

static inline struct session_step session_ask(const struct session_view *v, const struct packet *p)
{
	struct session_step step = {.answer = SESSION_PASS, .state = FW_TCP_NONE};
	if (unlikely(p->fragment == FRAGMENT_LATER)) // the first one has been asked about
		return step;
	if (p->protocol == IPPROTO_TCP) {
		struct tcp_segment g = packet_segment(p);
		return tcp_track_ask(v->track, v->direction, &g, v->strict);
	}
	if (p->icmp_kind == ICMP_KIND_NONE || (v->track->icmp_kinds[v->direction] & p->icmp_kind))
		return step;
	step.answer = p->icmp_kind & ICMP_KIND_REQUESTS ? SESSION_WIDEN : SESSION_DROP;
	step.reason = FW_DROP_ICMP_NO_SESSION;
	return step;
}

// Where a policy counts; FW_POLICY_NONE: the default action or the firewall's own.
static inline uint16_t policy_slot(const struct core *c, uint32_t row)
{
	return row < c->tables->policy_count ? c->tables->policies[row].slot : FW_POLICY_NONE;
}

// The policy of a session, by its slot.
static inline uint32_t policy_row(const struct core *c, uint16_t slot)
{
	uint16_t row = slot < c->policy_slots ? c->tables->slot_row[slot] : FW_POLICY_NONE;
	return row == FW_POLICY_NONE ? FW_NO_INDEX : row;
}

static inline void slot_count(struct core *c, uint16_t slot, const struct packet *p)
{
	if (slot >= c->policy_slots)
		return;
	c->config.policies[slot].packets++;
	c->config.policies[slot].bytes += p->ip_length;
}

static inline void policy_count(struct core *c, uint32_t row, const struct packet *p)
{
	slot_count(c, policy_slot(c, row), p);
}

static inline void session_commit(struct core *c, struct session_view *v, const struct packet *p,
				  struct session_step step)
{
	struct line *line = v->line[v->direction];
	if (unlikely(++line->packets == 0))
		v->track->packets_high[v->direction]++;
	line->bytes += p->ip_length;
	slot_count(c, line->policy, p);
	if (step.answer == SESSION_PASS || step.keeps)
		line->last_seen = c->now;
	if (p->protocol == IPPROTO_TCP && p->fragment != FRAGMENT_LATER)
		session_note_tcp(c, v, p, step);
}

// What the end of a packet says about its session.
static inline void session_describe(const struct core *c, const struct session_view *v,
				    struct packet *p)
{
	p->end.session = v->cold->id;
	p->end.policy = policy_row(c, v->line[0]->policy);
	uint8_t zone = v->line[!v->direction]->in_zone;
	p->end.to_zone = zone == ZONE_SELF ? FW_NO_INDEX : zone;
}

#endif
