// SPDX-License-Identifier: Apache-2.0
// A session that an older generation admitted, before the current one. The initiator's first packet
// is judged again in thought: by the interface it came in through, the current route and the
// current policies.
#include "pipeline/judge.h"

static uint16_t request_type(uint8_t family, uint32_t kinds)
{
	if (family == 6)
		return 128 << 8;
	return kinds & ICMP_KIND_ECHO ? 8 << 8 : 13 << 8;
}

// The packet that opened the session, as far as judging needs it.
static void first_packet(const struct core *c, const struct session_view *v, struct packet *p)
{
	memset(p, 0, sizeof(*p));
	p->family = v->family;
	p->lane = LANE_FLOW;
	if (v->family == 4) {
		memcpy(&p->key4, &session_entry4(c->config.sessions4, v->number)->line[0],
		       sizeof(p->key4));
		p->protocol = p->key4.protocol;
	} else {
		memcpy(&p->key6, &session_entry6(c->config.sessions6, v->number)->line[0],
		       sizeof(p->key6));
		p->protocol = p->key6.protocol;
	}
	if (p->protocol == (v->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		p->icmp_type = request_type(v->family, v->track->icmp_kinds[0]);
		p->icmp_kind = p->icmp_type == 13 << 8 ? ICMP_KIND_TIMESTAMP : ICMP_KIND_ECHO;
	}
	p->interface = interface_row(&c->interfaces, v->cold->in_name_id);
	p->zone = p->interface == ROW_NONE ? ZONE_SELF : c->tables->interfaces[p->interface].zone;
	p->vrf = p->interface == ROW_NONE ? 0 : c->tables->interfaces[p->interface].vrf;
}

static void confirm_line(struct core *c, struct line *line, uint32_t policy, uint16_t zone)
{
	line->policy = policy_slot(c, policy);
	line->in_zone = (uint8_t)zone;
	line->next_hop = FW_HOP_NONE;
	line->epoch = c->epoch;
}

static void confirm(struct core *c, struct session_view *v, const struct packet *p,
		    const struct judgement *j)
{
	confirm_line(c, v->line[0], j->policy, p->zone);
	confirm_line(c, v->line[1], j->policy, j->to);
	if (p->icmp_kind !=
	    ICMP_KIND_NONE) { // requests that went against the session are asked about again
		v->track->icmp_kinds[0] = p->icmp_kind;
		v->track->icmp_kinds[1] = (uint8_t)(p->icmp_kind << 1);
	}
	v->cold->policy_name_id =
	    j->policy == FW_NO_INDEX ? 0 : c->tables->policies[j->policy].name_id;
	v->track->application_timeout = j->timeout;
	session_count_half_open(c, v, p->zone);
	v->cold->out_name_id = j->out == ROW_NONE ? 0 : c->tables->interfaces[j->out].name_id;
	v->cold->nat_source_id = j->nat.origin.rule_id;
	v->cold->nat_destination_id = j->nat.target.kind == NAT_NONE ? 0 : j->nat.target.rule_id;
	session_set_timeout(c, v, session_timeout(c, p->protocol, v->track->state, j->timeout));
}

// The firewall's own sessions obey no policy; they live while their interface does.
static enum session_fate judge_own(struct core *c, struct session_view *v, struct judgement *j)
{
	uint16_t out = interface_row(&c->interfaces, v->cold->out_name_id);
	memset(j, 0, sizeof(*j));
	j->policy = FW_NO_INDEX;
	j->reason = FW_DROP_SESSION_INTERFACE;
	if (out == ROW_NONE)
		return FATE_DENIED;
	confirm_line(c, v->line[0], FW_NO_INDEX, ZONE_SELF);
	confirm_line(c, v->line[1], FW_NO_INDEX, c->tables->interfaces[out].zone);
	uint8_t protocol = v->family == 4
			       ? session_entry4(c->config.sessions4, v->number)->line[0].protocol
			       : session_entry6(c->config.sessions6, v->number)->line[0].protocol;
	session_set_timeout(c, v, session_timeout(c, protocol, v->track->state, 0));
	return FATE_CONFIRMED;
}

static enum session_fate judge_foreign(struct core *c, struct session_view *v, struct judgement *j)
{
	struct packet first;
	const struct packet *p = &first;
	first_packet(c, v, &first);
	if (first.interface == ROW_NONE ||
	    first.vrf != (v->family == 4 ? first.key4.vrf : first.key6.vrf)) {
		memset(j, 0, sizeof(*j));
		j->policy = FW_NO_INDEX;
		j->reason = FW_DROP_SESSION_INTERFACE;
		return FATE_DENIED;
	}
	judge_flows(c, &p, &j, 1);
	if (j->to_host != ((v->cold->flags & FW_SESSION_TO_HOST) != 0) &&
	    (j->to_host || j->needs_policy))
		return FATE_FOREIGN;
	if (route_is_reason(j->reason))
		return FATE_OPEN;
	if (j->reason != FW_DROP_COUNT)
		return FATE_DENIED;
	if (v->family == 4 &&
	    !translate_holds(c, &first, j, session_entry4(c->config.sessions4, v->number)))
		return FATE_UNTRANSLATED;
	confirm(c, v, &first, j);
	return FATE_CONFIRMED;
}

enum session_fate judge_session(struct core *c, struct session_view *v, struct judgement *j)
{
	enum session_fate fate =
	    v->cold->flags & FW_SESSION_FROM_HOST ? judge_own(c, v, j) : judge_foreign(c, v, j);
	if (fate == FATE_DENIED || fate == FATE_UNTRANSLATED) {
		if (fate == FATE_DENIED)
			c->config.counters->sessions_denied++;
		else
			c->config.counters->sessions_untranslated++;
		session_end(c, v->family, v->number);
	}
	return fate;
}
