// SPDX-License-Identifier: Apache-2.0
// What a packet may do to its session. session_ask() only answers; session_commit() is called when
// the packet goes on, so that a packet that is dropped later (TTL, MTU) has changed nothing.
#ifndef PORTCULLIS_PIPELINE_SESSION_STEP_H
#define PORTCULLIS_PIPELINE_SESSION_STEP_H

#include <netinet/in.h>
#include "pipeline/session_view.h"

enum session_answer {
	SESSION_PASS,   // changes and refreshes
	SESSION_QUIET,  // passes, changes nothing
	SESSION_DROP,   // reason
	SESSION_REOPEN, // a new connection on a dead session's ports
	SESSION_WIDEN,  // an ICMP request against the direction of the session: ask the policies
};

struct session_step {
	uint8_t answer; // enum session_answer
	uint8_t state;  // enum fw_tcp_state afterwards
	uint8_t reason; // enum fw_drop
};

void session_enter(struct core *c, struct session_view *v,
		   uint8_t state); // a new TCP state and its timeout
void session_end(struct core *c, uint8_t family, uint32_t number); // closes and counts
uint32_t session_timeout(uint8_t protocol, uint8_t state, uint32_t application_timeout); // ticks
void session_set_timeout(struct core *c, struct session_view *v, uint32_t timeout);

// A reset closes only when its sender is known to see the connection: it must stand exactly where
// the peer's last acknowledgment points, or, against a SYN, acknowledge it (side.ack holds what
// the responder would).
static inline bool session_reset_matches(const struct session_view *v, const struct packet *p,
					 uint8_t state)
{
	const struct fw_tcp_side *side = v->track->side;
	if (state == FW_TCP_SYN_SENT && v->direction == 1)
		return (p->ip[p->l4 + 13] & 0x10) != 0 && p->tcp_ack == side[1].ack;
	return p->tcp_seq == side[!v->direction].ack;
}

static inline struct session_step session_ask_tcp(const struct session_view *v,
						  const struct packet *p)
{
	uint8_t state = v->track->state;
	if (unlikely(state >= TCP_STATES))
		state = FW_TCP_CLOSED;
	if (p->tcp_class == TCP_RST &&
	    (state == FW_TCP_CLOSED || !session_reset_matches(v, p, state)))
		return (struct session_step){.answer = SESSION_QUIET, .state = state};
	struct tcp_step step = tcp_steps[state][v->direction][p->tcp_class];
	switch ((enum tcp_verdict)step.verdict) {
	case TCP_PASS:
		return (struct session_step){.answer = SESSION_PASS, .state = step.state};
	case TCP_QUIET:
		return (struct session_step){.answer = SESSION_QUIET, .state = state};
	case TCP_REOPEN:
		return (struct session_step){.answer = SESSION_REOPEN, .state = state};
	case TCP_DROP:
		break;
	}
	return (struct session_step){
	    .answer = SESSION_DROP, .state = state, .reason = FW_DROP_TCP_STATE};
}

static inline struct session_step session_ask(const struct session_view *v, const struct packet *p)
{
	struct session_step step = {.answer = SESSION_PASS, .state = FW_TCP_NONE};
	if (unlikely(p->fragment == FRAGMENT_LATER)) // the first one has been asked about
		return step;
	if (p->protocol == IPPROTO_TCP)
		return session_ask_tcp(v, p);
	if (p->icmp_kind == ICMP_KIND_NONE || (v->track->icmp_kinds[v->direction] & p->icmp_kind))
		return step;
	step.answer = p->icmp_kind & ICMP_KIND_REQUESTS ? SESSION_WIDEN : SESSION_DROP;
	step.reason = FW_DROP_ICMP_NO_SESSION;
	return step;
}

// What both ends are known to expect, for session_reset_matches().
static inline void session_note_tcp(struct session_view *v, const struct packet *p)
{
	if (p->tcp_class == TCP_SYN || p->tcp_class == TCP_SYN_ACK)
		v->track->side[!v->direction].ack = p->tcp_seq + p->tcp_space;
	if (p->tcp_class == TCP_SYN_ACK || p->tcp_class == TCP_ACK || p->tcp_class == TCP_FIN)
		v->track->side[v->direction].ack = p->tcp_ack;
}

static inline void policy_count(struct core *c, uint32_t policy, const struct packet *p)
{
	if (policy >= c->policy_rows)
		return; // default action or the firewall's own
	c->config.policies[policy].packets++;
	c->config.policies[policy].bytes += p->ip_length;
}

static inline void session_commit(struct core *c, struct session_view *v, const struct packet *p,
				  struct session_step step)
{
	struct line *line = v->line[v->direction];
	if (unlikely(++line->packets == 0))
		v->track->packets_high[v->direction]++;
	line->bytes += p->ip_length;
	policy_count(c, line->policy, p);
	if (step.answer == SESSION_QUIET) {
		if (p->protocol == IPPROTO_TCP &&
		    p->tcp_class == TCP_ACK) // to a SYN: the reset that answers it stands here
			v->track->side[v->direction].ack = p->tcp_ack;
		return;
	}
	line->last_seen = c->now;
	if (p->protocol == IPPROTO_TCP && p->fragment != FRAGMENT_LATER) {
		session_note_tcp(v, p);
		if (unlikely(step.state != v->track->state))
			session_enter(c, v, step.state);
	}
}

// What the end of a packet says about its session.
static inline void session_describe(const struct core *c, const struct session_view *v,
				    struct packet *p)
{
	p->end.session = v->cold->id;
	p->end.policy = v->line[0]->policy < c->policy_rows ? v->line[0]->policy : FW_NO_INDEX;
	uint8_t zone = v->line[!v->direction]->in_zone;
	p->end.to_zone = zone == ZONE_SELF ? FW_NO_INDEX : zone;
}

#endif
