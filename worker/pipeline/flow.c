// SPDX-License-Identifier: Apache-2.0
// A packet of a session, with everything that can be out of the ordinary: another generation,
// another zone, a dead session's ports used again, a route or neighbor that changed. Pass C does
// the ordinary case by itself.
#include "pipeline/flow.h"

#include "pipeline/forward.h"
#include "pipeline/reject.h"

static void drop_judged(struct core *c, struct packet *p, const struct judgement *j)
{
	p->end.policy = j->policy;
	p->end.to_zone = j->to == ZONE_SELF ? FW_NO_INDEX : j->to;
	policy_count(c, j->policy, p);
	reject_drop(c, p, j->reason);
}

static void start_anew(struct core *c, struct packet *p)
{
	p->end.session = 0;
	p->end.policy = FW_NO_INDEX;
	p->end.to_zone = FW_NO_INDEX;
	admit_flows(c, &p, 1);
}

// False when the packet has ended, or begun anew.
static bool judge_again(struct core *c, struct packet *p, struct session_view *v)
{
	struct judgement j;
	p->end.session = v->cold->id;
	switch (judge_session(c, v, &j)) {
	case FATE_CONFIRMED:
		return true;
	case FATE_FOREIGN:
		session_end(c, v->family, v->number);
		start_anew(c, p);
		return false;
	case FATE_UNTRANSLATED:
		start_anew(c, p);
		return false;
	case FATE_DENIED:
	case FATE_OPEN:
		break;
	}
	drop_judged(c, p, &j);
	return false;
}

// An ICMP request against the direction of its session, by the same identifier: two hosts that ping
// each other.
static bool widen(struct core *c, struct packet *p, struct session_view *v)
{
	struct judgement j, *answer = &j;
	const struct packet *asking = p;
	judge_flows(c, &asking, &answer, 1);
	if (j.reason == FW_DROP_COUNT && !translate_widens(c, p, &j, v->number, v->direction))
		j.reason = FW_DROP_ICMP_NO_SESSION;
	if (j.reason != FW_DROP_COUNT) {
		drop_judged(c, p, &j);
		return false;
	}
	v->track->icmp_kinds[v->direction] |= p->icmp_kind;
	v->track->icmp_kinds[!v->direction] |= (uint8_t)(p->icmp_kind << 1);
	return true;
}

static void cache_hop(struct core *c, struct line *line, uint32_t hop, uint16_t interface)
{
	if (hop < RTE_DIM(c->slot_interface))
		c->slot_interface[hop] = interface;
	else if (hop != FW_HOP_HOST)
		return;
	line->next_hop = (uint16_t)hop;
	line->next_hop_version = c->hop_version;
}

static void to_host(struct core *c, struct packet *p, struct session_view *v,
		    struct session_step step)
{
	cache_hop(c, v->line[v->direction], FW_HOP_HOST, ROW_NONE);
	session_commit(c, v, p, step);
	translate_packet(c, p, v->number, v->direction);
	core_end_punted(c, p, p->interface);
}

// Out by the current route. The zones that the session was admitted for must still be the ones it
// crosses.
static void by_route(struct core *c, struct packet *p, struct session_view *v,
		     struct session_step step)
{
	const uint8_t *destination = translate_next(c, p, v->number, v->direction);
	struct route r = route_find(c, p->vrf, p->family, destination, route_hash(p));
	struct line *line = v->line[v->direction], *back = v->line[!v->direction];
	bool self = back->in_zone == ZONE_SELF;
	if (self &&
	    v->cold->flags &
		FW_SESSION_FROM_HOST) { // whatever the kernel sent, the answer is the kernel's
		to_host(c, p, v, step);
		return;
	}
	if (r.type != HOP_LOCAL && !hop_forwards(r.type)) {
		reject_drop(c, p, route_reason(r.type));
		return;
	}
	if ((r.type == HOP_LOCAL) != self) {
		session_end(c, v->family, v->number);
		start_anew(c, p);
		return;
	}
	if (self) {
		to_host(c, p, v, step);
		return;
	}
	if (c->tables->interfaces[r.interface].zone != back->in_zone) {
		if (v->direction == 1) {
			core_end_dropped(c, p, FW_DROP_SESSION_INTERFACE);
			return;
		}
		if (!judge_again(c, p, v))
			return;
		session_describe(c, v, p);
	}
	if (!forward_check(c, p, r.interface))
		return;
	session_commit(c, v, p, step);
	translate_packet(c, p, v->number, v->direction);
	uint32_t slot = forward_to(c, p, r.interface, &r.next);
	if (slot != FW_NO_INDEX)
		cache_hop(c, line, slot, r.interface);
}

void flow_hit(struct core *c, struct packet *p, uint32_t index)
{
	struct session_view v = session_view(c, p->family, index);
	if (v.line[v.direction]->epoch != c->epoch && !judge_again(c, p, &v))
		return;
	session_describe(c, &v, p);
	if (v.line[v.direction]->in_zone != p->zone) {
		bool ours =
		    v.line[v.direction]->in_zone == ZONE_SELF; // somebody sends with our address
		core_end_dropped(c, p, ours ? FW_DROP_SOURCE_INVALID : FW_DROP_SESSION_INTERFACE);
		return;
	}
	struct session_step step = session_ask(&v, p);
	if (step.answer == SESSION_REOPEN) {
		session_end(c, v.family, v.number);
		start_anew(c, p);
		return;
	}
	if (step.answer == SESSION_DROP) {
		core_end_dropped(c, p, (enum fw_drop)step.reason);
		return;
	}
	if (step.answer == SESSION_WIDEN && !widen(c, p, &v))
		return;
	by_route(c, p, &v, step);
}

void flow_packet(struct core *c, struct packet *p)
{
	uint32_t index = packet_find_again(c, p);
	if (index == FW_NO_INDEX)
		admit_flows(c, &p, 1);
	else
		flow_hit(c, p, index);
}
