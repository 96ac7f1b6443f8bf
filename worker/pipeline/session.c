// SPDX-License-Identifier: Apache-2.0
// The rare events in the life of a session.
#include "pipeline/session_step.h"
#include "pipeline/translate.h"

static enum fw_timeout tcp_timeout(uint8_t state)
{
	static const uint8_t timeouts[TCP_STATES] = {
	    [FW_TCP_NONE] = FW_TIMEOUT_TCP_HANDSHAKE,
	    [FW_TCP_SYN_SENT] = FW_TIMEOUT_TCP_HANDSHAKE,
	    [FW_TCP_SYN_RECEIVED] = FW_TIMEOUT_TCP_HANDSHAKE,
	    [FW_TCP_ESTABLISHED] = FW_TIMEOUT_TCP_ESTABLISHED,
	    [FW_TCP_FIN_WAIT] = FW_TIMEOUT_TCP_CLOSING,
	    [FW_TCP_CLOSING] = FW_TIMEOUT_TCP_CLOSING,
	    [FW_TCP_TIME_WAIT] = FW_TIMEOUT_TCP_TIME_WAIT,
	    [FW_TCP_CLOSED] = FW_TIMEOUT_TCP_CLOSED,
	    [FW_TCP_CLOSE_WAIT] = FW_TIMEOUT_TCP_CLOSING,
	};
	return (enum fw_timeout)timeouts[state < TCP_STATES ? state : FW_TCP_CLOSED];
}

uint32_t session_timeout(const struct core *c, uint8_t protocol, uint8_t state,
			 uint32_t application_timeout)
{
	const uint32_t *timeouts = c->tables->timeouts;
	if (protocol == IPPROTO_TCP && state != FW_TCP_ESTABLISHED)
		return timeouts[tcp_timeout(state)];
	if (application_timeout != 0)
		return application_timeout;
	switch (protocol) {
	case IPPROTO_TCP:
		return timeouts[FW_TIMEOUT_TCP_ESTABLISHED];
	case IPPROTO_UDP:
		return timeouts[FW_TIMEOUT_UDP];
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return timeouts[FW_TIMEOUT_ICMP];
	default:
		return timeouts[FW_TIMEOUT_OTHER];
	}
}

void session_set_timeout(struct core *c, struct session_view *v, uint32_t timeout)
{
	if (v->track->timeout == timeout)
		return;
	v->track->timeout = timeout;
	session_retime(session_table_of(c, v->family), v->number, c->now);
}

static bool is_half_open(uint8_t state)
{
	return state == FW_TCP_SYN_SENT || state == FW_TCP_SYN_RECEIVED;
}

void session_enter(struct core *c, struct session_view *v, uint8_t state)
{
	v->track->state = state;
	if (!is_half_open(state))
		half_open_leave(c->half_open, v->track);
	session_set_timeout(c, v,
			    session_timeout(c, IPPROTO_TCP, state, v->track->application_timeout));
}

static struct tcp_segment whole_segment(const struct packet *p)
{
	struct tcp_segment g = packet_segment(p);
	if (g.class == TCP_SYN || g.class == TCP_SYN_ACK)
		g.scale = tcp_read_scale(p->ip + p->l4);
	return g;
}

void session_note_tcp(struct core *c, struct session_view *v, const struct packet *p,
		      struct session_step step)
{
	struct tcp_segment g = whole_segment(p);
	tcp_track_note(v->track, v->direction, &g, step);
	if (step.answer == SESSION_PASS && step.state != v->track->state)
		session_enter(c, v, step.state);
}

void session_open_tcp(struct fw_session_track *track, const struct packet *p)
{
	struct tcp_segment g = whole_segment(p);
	tcp_track_open(track, &g);
}

void session_count_half_open(struct core *c, struct session_view *v, uint16_t zone)
{
	uint8_t slot = zone < FW_MAX_ZONES ? c->half_open_slots[zone] : 0;
	if (!is_half_open(v->track->state) || v->track->half_open == slot)
		return;
	half_open_leave(c->half_open, v->track);
	half_open_enter(c->half_open, v->track, slot);
}

bool session_admits_half_open(struct core *c, const struct packet *p)
{
	if (p->protocol != IPPROTO_TCP || p->tcp_class != TCP_SYN || p->zone == ZONE_SELF)
		return true;
	return half_open_admits(c->half_open, c->half_open_slots[p->zone],
				c->tables->zones[p->zone].half_open_limit);
}

void session_end(struct core *c, uint8_t family, uint32_t number)
{
	struct session_table *table = session_table_of(c, family);
	translate_end(c, family, number);
	half_open_leave(c->half_open, session_view(c, family, number << 1).track);
	session_close(table, number);
	c->config.counters->sessions_closed++;
	if (family == 4)
		c->config.counters->sessions4 = session_count(table);
	else
		c->config.counters->sessions6 = session_count(table);
}
