// SPDX-License-Identifier: Apache-2.0
// Flows are judged as a vector, stage by stage, so that the memory of each stage is fetched for all
// of them together: destination NAT, the routes to destination and source, policies, source NAT.
// Of a flow that is refused only the first fields of its judgement are written.
#include "pipeline/judge.h"

#include "pipeline/address.h"
#include "pipeline/ways.h"

#define INLINE static inline __attribute__((always_inline))

// The flows of one call.
struct docket {
	unsigned count;
	const struct packet *const *packets;
	struct judgement *const *judgements;
	struct ways ways;
	// What policies are asked, and about which of the flows.
	unsigned asked4, asked6;
	uint8_t asks4[PIPELINE_BURST], asks6[PIPELINE_BURST];
	struct flow4 flows4[PIPELINE_BURST];
	struct flow6 flows6[PIPELINE_BURST];
};

static inline bool has_icmp_type(const struct packet *p)
{
	return p->icmp_type != 0 || p->icmp_kind != ICMP_KIND_NONE || p->lane == LANE_ICMP_ONCE;
}

static inline void fill4(const struct packet *p, uint16_t from, uint16_t to, struct flow4 *f)
{
	bool icmp = has_icmp_type(p);
	_Static_assert(offsetof(struct flow4, destination) == offsetof(struct flow4, source) + 4 &&
			   offsetof(struct session_key4, destination) ==
			       offsetof(struct session_key4, source) + 4,
		       "both addresses are copied at once");
	memcpy(f, &p->key4, 8);
	f->source_port = icmp ? 0 : rte_be_to_cpu_16(p->key4.source_port_be);
	f->destination_port = icmp ? p->icmp_type : rte_be_to_cpu_16(p->key4.destination_port_be);
	f->from = from;
	f->to = to;
	f->protocol = p->protocol;
}

void judge_flow4(const struct packet *p, uint16_t from, uint16_t to, struct flow4 *f)
{
	memset(f, 0, sizeof(*f));
	fill4(p, from, to, f);
}

static void fill6(const struct packet *p, uint16_t from, uint16_t to, struct flow6 *f)
{
	bool icmp = has_icmp_type(p);
	memcpy(f->source, p->key6.source, 16);
	memcpy(f->destination, p->key6.destination, 16);
	f->source_port = icmp ? 0 : rte_be_to_cpu_16(p->key6.source_port_be);
	f->destination_port = icmp ? p->icmp_type : rte_be_to_cpu_16(p->key6.destination_port_be);
	f->from = from;
	f->to = to;
	f->protocol = p->protocol;
}

static inline void start(const struct packet *p, struct judgement *j)
{
	j->reason = FW_DROP_COUNT;
	j->policy = FW_NO_INDEX;
	j->from = p->zone;
	j->to = ZONE_SELF;
	j->out = ROW_NONE;
	j->to_host = j->needs_policy = false;
}

// The destination, after NAT.
static inline const uint8_t *destination_of(const struct packet *p, const struct judgement *j,
					    bool nat)
{
	return nat && j->nat.target.kind != NAT_NONE ? j->nat.target.address
						     : packet_destination(p);
}

// Routes of a flow that is judged soon.
INLINE void fetch_routes(struct docket *d, unsigned i, bool nat)
{
	if (i + WAYS_FIRST < d->count && d->packets[i + WAYS_FIRST]->family == 4) {
		const struct packet *p = d->packets[i + WAYS_FIRST];
		ways_fetch(&d->ways, p->vrf, destination_of(p, d->judgements[i + WAYS_FIRST], nat),
			   p->key4.source);
	}
	if (d->ways.deep && i + WAYS_SECOND < d->count &&
	    d->packets[i + WAYS_SECOND]->family == 4) {
		const struct packet *p = d->packets[i + WAYS_SECOND];
		ways_fetch_next(&d->ways, p->vrf,
				destination_of(p, d->judgements[i + WAYS_SECOND], nat),
				p->key4.source);
	}
}

static __attribute__((noinline)) const struct hop *choose_hop(const struct hop_group *g,
							      const struct packet *p,
							      const struct judgement *j, bool nat)
{
	struct packet copy;
	return hop_choose(g, route_hash(nat ? translate_seen(p, &j->nat, &copy) : p));
}

INLINE void find_way(const struct core *c, struct docket *d, unsigned i, bool nat)
{
	const struct packet *p = d->packets[i];
	const struct hop_group *g =
	    ways_group(&d->ways, p, destination_of(p, d->judgements[i], nat));
	if (likely(g == d->ways.to.group))
		return;
	if (likely(g->count == 1))
		ways_go(c, &d->ways, g, &g->hops[0]);
	else
		ways_go(c, &d->ways, NULL, choose_hop(g, p, d->judgements[i], nat));
}

static void judge_host(const struct core *c, const struct packet *p, struct judgement *j, bool nat)
{
	struct packet copy;
	uint64_t services = c->tables->zones[p->zone].host_inbound;
	j->to_host = true;
	j->timeout = 0;
	j->reason = host_permits(services, nat ? translate_seen(p, &j->nat, &copy) : p)
			? FW_DROP_COUNT
			: FW_DROP_HOST_INBOUND;
}

// Policies are asked about the packet as it is after destination NAT.
INLINE void ask(struct docket *d, unsigned i, bool nat)
{
	const struct packet *p = d->packets[i];
	struct judgement *j = d->judgements[i];
	j->needs_policy = true;
	if (unlikely(p->family != 4)) {
		d->asks6[d->asked6] = (uint8_t)i;
		fill6(p, j->from, j->to, &d->flows6[d->asked6++]);
		return;
	}
	struct flow4 *f = &d->flows4[d->asked4];
	d->asks4[d->asked4++] = (uint8_t)i;
	fill4(p, j->from, j->to, f);
	j->flow4 = f;
	if (nat && j->nat.target.kind != NAT_NONE) {
		memcpy(f->destination, j->nat.target.address, 4);
		if (!has_icmp_type(p))
			f->destination_port = rte_be_to_cpu_16(j->nat.target.port_be);
	}
}

INLINE void judge_route(const struct core *c, struct docket *d, unsigned i, bool nat)
{
	const struct packet *p = d->packets[i];
	struct judgement *j = d->judgements[i];
	start(p, j);
	if (nat && unlikely(j->nat.filtered)) {
		j->reason = FW_DROP_NAT_FILTERED;
		return;
	}
	find_way(c, d, i, nat);
	enum hop_type type = d->ways.to.type;
	if (unlikely(p->family == 6 && address6_is_link_local(p->key6.destination)))
		type = HOP_LOCAL; // what is on a link stays there
	j->reason = ways_source_check(c, &d->ways, p, type == HOP_LOCAL);
	if (unlikely(j->reason != FW_DROP_COUNT))
		return;
	if (unlikely(type == HOP_LOCAL)) {
		judge_host(c, p, j, nat);
		return;
	}
	if (unlikely(!hop_forwards(type))) {
		j->reason = route_reason(type);
		return;
	}
	j->out = d->ways.to.out;
	j->to = c->ingress[j->out].zone;
	j->hop = d->ways.to.hop;
	if (type == HOP_CONNECTED && p->family == 4 &&
	    route_is_broadcast(c, j->out, destination_of(p, j, nat))) {
		j->reason = FW_DROP_MULTICAST;
		return;
	}
	ask(d, i, nat);
}

INLINE void judge_routes(const struct core *c, struct docket *d, const bool nat)
{
	for (unsigned i = 0; i < d->count; i++) {
		fetch_routes(d, i, nat);
		judge_route(c, d, i, nat);
	}
}

static void take_timeout(const struct core *c, uint8_t protocol, struct judgement *j,
			 uint16_t source, uint16_t destination)
{
	uint32_t seconds = policy_timeout(c->tables, j->policy, protocol, source, destination);
	uint32_t longest =
	    INT32_MAX / SESSION_TICKS_PER_SECOND; // ticks are compared as signed differences
	j->timeout = (seconds < longest ? seconds : longest) * SESSION_TICKS_PER_SECOND;
}

static inline enum fw_action judge_policy(const struct core *c, uint32_t row, struct judgement *j,
					  bool nat)
{
	bool matched = row < c->tables->policy_count;
	j->policy = matched ? row : FW_NO_INDEX;
	enum fw_action action =
	    matched ? c->tables->policies[row].action : c->tables->default_action;
	if (nat && !matched && j->nat.target.admits)
		action = FW_ACTION_PERMIT; // the binding itself permits what no policy speaks about
	if (likely(action == FW_ACTION_DENY))
		j->reason = matched ? FW_DROP_POLICY_DENY : FW_DROP_DEFAULT_DENY;
	else if (action == FW_ACTION_REJECT)
		j->reason = matched ? FW_DROP_POLICY_REJECT : FW_DROP_DEFAULT_REJECT;
	return action;
}

static void permit(const struct core *c, const struct packet *p, struct judgement *j,
		   uint16_t source_port, uint16_t destination_port, bool nat)
{
	j->timeout = 0;
	if (j->policy != FW_NO_INDEX && c->tables->policies[j->policy].has_timeouts)
		take_timeout(c, p->protocol, j, source_port, destination_port);
	route_next(j->hop, p->family, destination_of(p, j, nat), &j->next);
}

static void judge_asked4(const struct core *c, struct docket *d, bool nat)
{
	uint32_t rows[PIPELINE_BURST];
	policy_lookup4_many(c->tables, d->flows4, d->asked4, rows);
	for (unsigned n = 0; n < d->asked4; n++) {
		struct judgement *j = d->judgements[d->asks4[n]];
		const struct flow4 *f = &d->flows4[n];
		if (judge_policy(c, rows[n], j, nat) == FW_ACTION_PERMIT)
			permit(c, d->packets[d->asks4[n]], j, f->source_port, f->destination_port,
			       nat);
	}
}

static void judge_asked6(const struct core *c, struct docket *d)
{
	uint32_t rows[PIPELINE_BURST];
	policy_lookup6_many(c->tables, d->flows6, d->asked6, rows);
	for (unsigned n = 0; n < d->asked6; n++) {
		struct judgement *j = d->judgements[d->asks6[n]];
		const struct flow6 *f = &d->flows6[n];
		if (judge_policy(c, rows[n], j, false) == FW_ACTION_PERMIT)
			permit(c, d->packets[d->asks6[n]], j, f->source_port, f->destination_port,
			       false);
	}
}

static void clear_translations(const struct docket *d, bool all)
{
	for (unsigned i = 0; i < d->count; i++)
		if (all || d->judgements[i]->reason == FW_DROP_COUNT) {
			memset(&d->judgements[i]->nat, 0, sizeof(d->judgements[i]->nat));
			d->judgements[i]->flow4 = NULL;
		}
}

void judge_flows(struct core *c, const struct packet *const *packets,
		 struct judgement *const *judgements, unsigned count)
{
	bool nat = c->tables->nat != NULL;
	struct docket d;
	d.count = count;
	d.packets = packets;
	d.judgements = judgements;
	d.asked4 = d.asked6 = 0;
	ways_start(c, &d.ways);
	if (nat) {
		clear_translations(&d, true);
		translate_destinations(c, packets, judgements, count);
	}
	if (likely(!nat))
		judge_routes(c, &d, false);
	else
		judge_routes(c, &d, true);
	if (d.asked4 != 0)
		judge_asked4(c, &d, nat);
	if (d.asked6 != 0)
		judge_asked6(c, &d);
	if (nat)
		translate_sources(c, packets, judgements, count);
	else
		clear_translations(&d, false);
}
