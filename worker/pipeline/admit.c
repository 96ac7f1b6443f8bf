// SPDX-License-Identifier: Apache-2.0
// New flows. All misses of a burst are judged together (judge.c), then each ends in the order of
// arrival, because the first packet of a flow may open what the second belongs to. As long as none
// has opened anything, nobody looks for sessions again: a flood of packets that are refused costs
// one search and one judgement each, and no more.
#include "pipeline/flow.h"

#include "pipeline/forward.h"
#include "pipeline/refuse.h"
#include "pipeline/reject.h"

// Needs a session, and can never open one.
static inline enum fw_drop needs_session(const struct core *c, const struct packet *p)
{
	bool middle = p->tcp_class == TCP_ACK && !c->tables->strict_syn;
	if (p->fragment == FRAGMENT_LATER && p->lane == LANE_FLOW)
		return FW_DROP_FRAGMENT_DENIED;
	if (p->protocol == IPPROTO_TCP && p->tcp_class != TCP_SYN && !middle)
		return FW_DROP_TCP_NO_SESSION;
	if (p->icmp_kind != ICMP_KIND_NONE && !(p->icmp_kind & ICMP_KIND_REQUESTS))
		return FW_DROP_ICMP_NO_SESSION;
	return FW_DROP_COUNT;
}

static void fill_line(const struct core *c, struct line *line, uint32_t policy, uint16_t zone)
{
	line->epoch = c->epoch;
	line->last_seen = c->now;
	line->next_hop = FW_HOP_NONE;
	line->policy = policy_slot(c, policy);
	line->in_zone = (uint8_t)zone;
}

static uint32_t name_id_of(const struct core *c, uint16_t interface)
{
	return interface == ROW_NONE ? 0 : c->tables->interfaces[interface].name_id;
}

// Everything of a fresh session but its keys.
static void fill_session(const struct core *c, const struct packet *p, const struct judgement *j,
			 struct session_view *v)
{
	struct fw_session_track *track = v->track;
	fill_line(c, v->line[0], j->policy, p->zone);
	fill_line(c, v->line[1], j->policy, j->to);
	if (p->protocol == IPPROTO_TCP) {
		session_open_tcp(track, p);
	} else if (p->icmp_kind != ICMP_KIND_NONE) {
		track->icmp_kinds[0] = p->icmp_kind;
		track->icmp_kinds[1] = (uint8_t)(p->icmp_kind << 1);
	}
	track->timeout = session_timeout(c, p->protocol, track->state, j->timeout);
	track->application_timeout = j->timeout;
	track->binding = FW_NO_INDEX;
	v->line[0]->packets = 1;
	v->line[0]->bytes = p->ip_length;
	v->cold->created_at_ns = c->realtime_ns;
	v->cold->in_name_id = name_id_of(c, p->interface);
	v->cold->out_name_id = name_id_of(c, j->out);
	v->cold->policy_name_id =
	    j->policy == FW_NO_INDEX ? 0 : c->tables->policies[j->policy].name_id;
	v->cold->flags = p->zone == ZONE_SELF ? FW_SESSION_FROM_HOST
			 : j->to_host         ? FW_SESSION_TO_HOST
					      : 0;
}

// Where answers come from.
static uint16_t vrf_out(const struct core *c, const struct packet *p, const struct judgement *j)
{
	return j->out == ROW_NONE ? p->vrf : c->tables->interfaces[j->out].vrf;
}

static int64_t open4(struct core *c, const struct packet *p, const struct judgement *j,
		     const struct translated *t)
{
	struct fw_session4 fresh;
	struct session_view v = {.family = 4, .track = &fresh.track, .cold = &fresh.cold};
	memset(&fresh, 0, sizeof(fresh));
	translate_lines(p, t, vrf_out(c, p, j), fresh.line);
	for (unsigned d = 0; d < 2; d++)
		v.line[d] = (struct line *)&fresh.line[d].epoch;
	fill_session(c, p, j, &v);
	fresh.track.binding = t->binding;
	fresh.cold.nat_source_id = t->source_id;
	fresh.cold.nat_destination_id = t->destination_id;
	return session_open4(c->config.sessions4, &fresh, c->now);
}

static int64_t open6(struct core *c, const struct packet *p, const struct judgement *j)
{
	struct fw_session6 fresh;
	struct session_view v = {.family = 6, .track = &fresh.track, .cold = &fresh.cold};
	memset(&fresh, 0, sizeof(fresh));
	for (unsigned d = 0; d < 2; d++) {
		struct fw_line6 *line = &fresh.line[d];
		memcpy(line->source, d == 0 ? p->key6.source : p->key6.destination, 16);
		memcpy(line->destination, d == 0 ? p->key6.destination : p->key6.source, 16);
		line->source_port_be =
		    d == 0 ? p->key6.source_port_be : p->key6.destination_port_be;
		line->destination_port_be =
		    d == 0 ? p->key6.destination_port_be : p->key6.source_port_be;
		line->protocol = p->protocol;
		line->vrf = d == 0 ? p->vrf : vrf_out(c, p, j);
		v.line[d] = (struct line *)&line->epoch;
	}
	fill_session(c, p, j, &v);
	return session_open6(c->config.sessions6, &fresh, c->now);
}

static int64_t open_number(struct core *c, const struct packet *p, const struct judgement *j,
			   enum fw_drop *reason)
{
	struct translated t;
	*reason = FW_DROP_SESSION_TABLE_FULL;
	if (p->family == 6)
		return open6(c, p, j);
	enum fw_drop refused = translate_choose(c, p, j, &t);
	if (refused != FW_DROP_COUNT) {
		*reason = refused;
		return -1;
	}
	int64_t number = open4(c, p, j, &t);
	if (number < 0)
		translate_abandon(c, &t);
	return number;
}

// Opens the session and makes the packet what it says. FW_DROP_COUNT, or why that cannot be.
static enum fw_drop open_session(struct core *c, struct packet *p, const struct judgement *j)
{
	struct fw_counters *counters = c->config.counters;
	enum fw_drop reason;
	int64_t number = open_number(c, p, j, &reason);
	if (number < 0)
		return reason;
	counters->sessions_opened++;
	if (p->family == 4)
		counters->sessions4 = session_count(c->config.sessions4);
	else
		counters->sessions6 = session_count(c->config.sessions6);
	uint16_t slot = policy_slot(c, j->policy);
	if (slot != FW_POLICY_NONE)
		c->config.policies[slot].sessions++;
	struct session_view v = session_view(c, p->family, (uint32_t)number << 1);
	p->end.session = v.cold->id;
	session_count_half_open(c, &v, p->zone);
	translate_packet(c, p, (uint32_t)number, 0);
	return FW_DROP_COUNT;
}

static void admit_permitted(struct core *c, struct packet *p, const struct judgement *j)
{
	bool needs = p->lane == LANE_FLOW; // single ICMP messages leave no state
	if (!j->to_host && !forward_check(c, p, j->out))
		return;
	if (needs && !session_admits_half_open(c, p)) {
		core_end_dropped(c, p, FW_DROP_HALF_OPEN_LIMIT);
		return;
	}
	enum fw_drop reason = needs ? open_session(c, p, j) : FW_DROP_COUNT;
	if (reason != FW_DROP_COUNT) {
		core_end_dropped(c, p, reason);
		return;
	}
	policy_count(c, j->policy, p);
	if (j->to_host)
		core_end_punted(c, p, p->interface);
	else
		forward_to(c, p, j->out, &j->next);
}

static void finish(struct core *c, struct packet *p, struct judgement *j)
{
	p->end.policy = j->policy;
	p->end.to_zone = j->to == ZONE_SELF ? FW_NO_INDEX : j->to;
	if (j->out != ROW_NONE)
		p->end.out_interface = j->out;
	if (j->reason == FW_DROP_COUNT) {
		admit_permitted(c, p, j);
		return;
	}
	policy_count(c, j->policy, p);
	reject_drop(c, p, j->reason);
}

// Judges the packets that may open something. The others have their reason.
static void judge_all(struct core *c, struct packet **packets, unsigned count,
		      struct judgement *judgements, bool *judged)
{
	const struct packet *asking[PIPELINE_BURST];
	struct judgement *answers[PIPELINE_BURST];
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++) {
		enum fw_drop reason = needs_session(c, packets[i]);
		judged[i] = reason == FW_DROP_COUNT;
		judgements[i].reason = reason;
		if (!judged[i])
			continue;
		asking[n] = packets[i];
		answers[n++] = &judgements[i];
	}
	if (n != 0)
		judge_flows(c, asking, answers, n);
}

// To a port that host_takes_dhcp() asks about.
static inline bool may_be_dhcp(const struct packet *p)
{
	uint16_t port = p->family == 4 ? p->key4.destination_port_be : p->key6.destination_port_be;
	return p->protocol == IPPROTO_UDP &&
	       port == rte_cpu_to_be_16(p->family == 4 ? 68 : 546);
}

// False: somebody is told, or listens to the ends of packets.
static inline bool refuse_quietly(struct core *c, struct packet *p, const struct judgement *j,
				  bool judged, struct refused *r)
{
	if (j->reason == FW_DROP_COUNT || !reject_is_silent(j->reason) ||
	    unlikely(c->config.output.ended != NULL || may_be_dhcp(p)))
		return false;
	if (likely(judged))
		tally_add(c, &r->policy, policy_slot(c, j->policy), p->ip_length, tally_policy);
	tally_add(c, &r->reason, j->reason, 0, refused_reason);
	core_discard(c, p);
	return true;
}

// With everything that can be.
static void end_one(struct core *c, struct packet *p, struct judgement *j, bool judged)
{
	uint32_t index = FW_NO_INDEX;
	if (c->config.counters->sessions_opened != c->opened && p->lane == LANE_FLOW)
		index = packet_find_again(c, p);
	if (index != FW_NO_INDEX)
		flow_hit(c, p, index);
	else if (host_takes_dhcp(c, p))
		core_end_punted(c, p, p->interface);
	else if (!judged)
		core_end_dropped(c, p, j->reason);
	else
		finish(c, p, j);
}

void admit_flows(struct core *c, struct packet **packets, unsigned count)
{
	const uint64_t *opened = &c->config.counters->sessions_opened;
	struct judgement judgements[PIPELINE_BURST];
	bool judged[PIPELINE_BURST];
	struct refused refused = {.policy = {0}};
	judge_all(c, packets, count, judgements, judged);
	for (unsigned i = 0; i < count; i++)
		if (unlikely(*opened != c->opened) ||
		    !refuse_quietly(c, packets[i], &judgements[i], judged[i], &refused))
			end_one(c, packets[i], &judgements[i], judged[i]);
	refused_close(c, &refused);
}

void admit_own(struct core *c, struct packet *p, uint16_t interface)
{
	struct judgement j = {
	    .out = interface, .to = c->tables->interfaces[interface].zone, .policy = FW_NO_INDEX};
	if (p->protocol == IPPROTO_TCP && p->tcp_class != TCP_SYN && p->tcp_class != TCP_ACK)
		return; // a lone reset or FIN of the kernel's opens nothing
	if (p->icmp_kind != ICMP_KIND_NONE && !(p->icmp_kind & ICMP_KIND_REQUESTS))
		return;
	(void)open_session(c, p, &j);
}
