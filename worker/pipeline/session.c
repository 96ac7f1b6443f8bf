// SPDX-License-Identifier: Apache-2.0
// The rare events in the life of a session.
#include "pipeline/session_step.h"
#include "pipeline/translate.h"

enum { TIMEOUT_UDP = 60, TIMEOUT_ICMP = 30, TIMEOUT_OTHER = 60 };

uint32_t session_timeout(uint8_t protocol, uint8_t state, uint32_t application_timeout)
{
	if (protocol == IPPROTO_TCP && state != FW_TCP_ESTABLISHED)
		return tcp_timeouts[state < TCP_STATES ? state : FW_TCP_CLOSED] *
		       SESSION_TICKS_PER_SECOND;
	if (application_timeout != 0)
		return application_timeout;
	switch (protocol) {
	case IPPROTO_TCP:
		return tcp_timeouts[FW_TCP_ESTABLISHED] * SESSION_TICKS_PER_SECOND;
	case IPPROTO_UDP:
		return TIMEOUT_UDP * SESSION_TICKS_PER_SECOND;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return TIMEOUT_ICMP * SESSION_TICKS_PER_SECOND;
	default:
		return TIMEOUT_OTHER * SESSION_TICKS_PER_SECOND;
	}
}

void session_set_timeout(struct core *c, struct session_view *v, uint32_t timeout)
{
	if (v->track->timeout == timeout)
		return;
	v->track->timeout = timeout;
	session_retime(session_table_of(c, v->family), v->number, c->now);
}

void session_enter(struct core *c, struct session_view *v, uint8_t state)
{
	v->track->state = state;
	session_set_timeout(c, v,
			    session_timeout(IPPROTO_TCP, state, v->track->application_timeout));
}

void session_end(struct core *c, uint8_t family, uint32_t number)
{
	struct session_table *table = session_table_of(c, family);
	translate_end(c, family, number);
	session_close(table, number);
	c->config.counters->sessions_closed++;
	if (family == 4)
		c->config.counters->sessions4 = session_count(table);
	else
		c->config.counters->sessions6 = session_count(table);
}
