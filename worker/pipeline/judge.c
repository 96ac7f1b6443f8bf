// SPDX-License-Identifier: Apache-2.0
#include "pipeline/judge.h"

static bool has_icmp_type(const struct packet *p)
{
	return p->icmp_type != 0 || p->icmp_kind != ICMP_KIND_NONE || p->lane == LANE_ICMP_ONCE;
}

void judge_flow4(const struct packet *p, uint16_t from, uint16_t to, struct flow4 *f)
{
	bool icmp = has_icmp_type(p);
	memset(f, 0, sizeof(*f));
	memcpy(f->source, p->key4.source, 4);
	memcpy(f->destination, p->key4.destination, 4);
	f->source_port = icmp ? 0 : rte_be_to_cpu_16(p->key4.source_port_be);
	f->destination_port = icmp ? p->icmp_type : rte_be_to_cpu_16(p->key4.destination_port_be);
	f->from = from;
	f->to = to;
	f->protocol = p->protocol;
}

static void fill_flow(const struct packet *p, struct judgement *j)
{
	bool icmp = has_icmp_type(p);
	if (j->family == 4) {
		judge_flow4(p, j->from, j->to, &j->flow4);
	} else {
		struct flow6 *f = &j->flow6;
		memcpy(f->source, p->key6.source, 16);
		memcpy(f->destination, p->key6.destination, 16);
		f->source_port = icmp ? 0 : rte_be_to_cpu_16(p->key6.source_port_be);
		f->destination_port =
		    icmp ? p->icmp_type : rte_be_to_cpu_16(p->key6.destination_port_be);
		f->from = j->from;
		f->to = j->to;
		f->protocol = p->protocol;
	}
}

static void judge_host(const struct core *c, const struct packet *p, struct judgement *j)
{
	j->to_host = true;
	j->reason = host_permits(c->tables->zones[p->zone].host_inbound, p) ? FW_DROP_COUNT
									    : FW_DROP_HOST_INBOUND;
}

static void start(const struct packet *p, struct judgement *j)
{
	memset(j, 0, sizeof(*j));
	j->family = p->family;
	j->protocol = p->protocol;
	j->from = p->zone;
	j->to = ZONE_SELF;
	j->out = ROW_NONE;
	j->policy = FW_NO_INDEX;
}

static void judge_route(const struct core *c, const struct packet *p, struct judgement *j)
{
	struct packet copy;
	if (j->nat.filtered) {
		j->reason = FW_DROP_NAT_FILTERED;
		return;
	}
	p = translate_seen(p, &j->nat, &copy);
	struct route r = route_find(c, p->vrf, p->family, packet_destination(p), route_hash(p));
	j->reason = route_source_check(c, p, r.type == HOP_LOCAL);
	if (j->reason != FW_DROP_COUNT)
		return;
	if (r.type == HOP_LOCAL) {
		judge_host(c, p, j);
		return;
	}
	if (!hop_forwards(r.type)) {
		j->reason = route_reason(r.type);
		return;
	}
	j->out = r.interface;
	j->to = c->tables->interfaces[r.interface].zone;
	j->next = r.next;
	if (p->family == 4 && r.type == HOP_CONNECTED &&
	    route_is_broadcast(c, r.interface, p->key4.destination)) {
		j->reason = FW_DROP_MULTICAST;
		return;
	}
	j->needs_policy = true;
	fill_flow(p, j);
}

static void take_timeout(const struct core *c, struct judgement *j)
{
	if (!c->tables->policies[j->policy].has_timeouts)
		return;
	uint16_t source = j->family == 4 ? j->flow4.source_port : j->flow6.source_port;
	uint16_t destination =
	    j->family == 4 ? j->flow4.destination_port : j->flow6.destination_port;
	uint32_t seconds = policy_timeout(c->tables, j->policy, j->protocol, source, destination);
	uint32_t longest =
	    INT32_MAX / SESSION_TICKS_PER_SECOND; // ticks are compared as signed differences
	j->timeout = (seconds < longest ? seconds : longest) * SESSION_TICKS_PER_SECOND;
}

static void judge_policy(const struct core *c, uint32_t row, struct judgement *j)
{
	bool matched = row < c->tables->policy_count;
	j->policy = matched ? row : FW_NO_INDEX;
	j->reason = FW_DROP_COUNT;
	if (!matched && j->nat.target.admits)
		return; // the binding itself permits what no policy speaks about
	switch (matched ? c->tables->policies[row].action : c->tables->default_action) {
	case FW_ACTION_PERMIT:
		if (matched)
			take_timeout(c, j);
		return;
	case FW_ACTION_REJECT:
		j->reason = matched ? FW_DROP_POLICY_REJECT : FW_DROP_DEFAULT_REJECT;
		j->reject = true;
		return;
	case FW_ACTION_DENY:
		break;
	}
	j->reason = matched ? FW_DROP_POLICY_DENY : FW_DROP_DEFAULT_DENY;
}

// The flows of each family side by side, as the classifier wants them.
static void judge_classify(const struct core *c, struct judgement *const *judgements,
			   unsigned count, uint32_t *rows)
{
	struct flow4 flows4[PIPELINE_BURST];
	struct flow6 flows6[PIPELINE_BURST];
	uint32_t rows4[PIPELINE_BURST], rows6[PIPELINE_BURST];
	unsigned n4 = 0, n6 = 0;
	for (unsigned i = 0; i < count; i++) {
		if (judgements[i]->family == 4)
			flows4[n4++] = judgements[i]->flow4;
		else
			flows6[n6++] = judgements[i]->flow6;
	}
	if (n4 != 0)
		policy_lookup4_many(c->tables, flows4, n4, rows4);
	if (n6 != 0)
		policy_lookup6_many(c->tables, flows6, n6, rows6);
	n4 = n6 = 0;
	for (unsigned i = 0; i < count; i++)
		rows[i] = judgements[i]->family == 4 ? rows4[n4++] : rows6[n6++];
}

void judge_flows(struct core *c, const struct packet *const *packets,
		 struct judgement *const *judgements, unsigned count)
{
	struct judgement *asking[PIPELINE_BURST];
	uint32_t rows[PIPELINE_BURST];
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++)
		start(packets[i], judgements[i]);
	translate_destinations(c, packets, judgements, count);
	for (unsigned i = 0; i < count; i++) {
		judge_route(c, packets[i], judgements[i]);
		if (judgements[i]->needs_policy)
			asking[n++] = judgements[i];
	}
	if (n == 0)
		return;
	judge_classify(c, asking, n, rows);
	for (unsigned i = 0; i < n; i++)
		judge_policy(c, rows[i], asking[i]);
	translate_sources(c, packets, judgements, count);
}
