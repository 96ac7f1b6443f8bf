// SPDX-License-Identifier: Apache-2.0
// Only IPv4 from receive.h's ordinary packet, without NAT rules, with nobody who listens to ends. The first packet that may not
// end here stops it, because that one may open the session of the next.
#include "pipeline/refuse.h"

#include "pipeline/judge.h"
#include "pipeline/ways.h"
#include "tables/policy_series.h"

enum { PATIENCE = 8 }; // answers of policies that differ, before the rest of a burst is judged together

// packet.kind of whole IPv4 packets with a key.
#define KIND_UDP (4 | (uint64_t)IPPROTO_UDP << PACKET_PROTOCOL_SHIFT | (uint64_t)TCP_INVALID << PACKET_TCP_SHIFT)
#define KIND_TCP (4 | (uint64_t)IPPROTO_TCP << PACKET_PROTOCOL_SHIFT)
#define KIND_TCP_CLASS ((uint64_t)0xff << PACKET_TCP_SHIFT)

struct flood {
	struct ways ways;
	struct policy_series policies;
	struct refused refused;
	// What the policy says that was last asked.
	uint32_t row;
	uint16_t slot;
	enum fw_drop reason; // FW_DROP_COUNT: it does not refuse, or tells the sender
};

static __attribute__((noinline)) void take_row(const struct core *c, struct flood *f, uint32_t row)
{
	bool matched = row < c->tables->policy_count;
	enum fw_action action = matched ? c->tables->policies[row].action : c->tables->default_action;
	f->row = row;
	f->slot = policy_slot(c, row);
	f->reason = action != FW_ACTION_DENY ? FW_DROP_COUNT :
		    matched		     ? FW_DROP_POLICY_DENY :
					       FW_DROP_DEFAULT_DENY;
}

static __attribute__((noinline)) bool find_row(const struct core *c, struct flood *f, const struct packet *p, uint16_t to)
{
	struct flow4 flow;
	if (c->tables->classifier4->words == 0) {
		f->policies.found++;
		take_row(c, f, FW_NO_INDEX);
		return true;
	}
	judge_flow4(p, p->zone, to, &flow);
	take_row(c, f, policy_series_find4(&f->policies, &flow));
	return f->policies.found <= PATIENCE;
}

// Where the packet would go; ROW_NONE: that is for judge.c to say.
static inline uint16_t way_out(const struct core *c, struct flood *f, const struct packet *p)
{
	struct ways *w = &f->ways;
	const struct hop_group *g = ways_group(w, p, p->key4.destination);
	if (unlikely(g != w->to.group)) {
		if (g->count != 1)
			return ROW_NONE;
		ways_go(c, w, g, &g->hops[0]);
	}
	if (unlikely(!hop_forwards(w->to.type)))
		return ROW_NONE;
	if (w->to.type == HOP_CONNECTED && route_is_broadcast(c, w->to.out, p->key4.destination))
		return ROW_NONE;
	return likely(ways_source_check(c, w, p, false) == FW_DROP_COUNT) ? w->to.out : ROW_NONE;
}

static inline void count(struct core *c, struct flood *f, struct packet *p, enum fw_drop reason)
{
	tally_add(c, &f->refused.reason, reason, 0, refused_reason);
	core_discard(c, p);
}

static inline bool refuse(struct core *c, struct flood *f, struct packet *p)
{
	if (p->kind != KIND_UDP && p->kind != (KIND_TCP | (uint64_t)TCP_SYN << PACKET_TCP_SHIFT)) {
		if ((p->kind & ~KIND_TCP_CLASS) != KIND_TCP ||
		    (p->tcp_class == TCP_ACK && !c->tables->strict_syn))
			return false;
		count(c, f, p, FW_DROP_TCP_NO_SESSION);
		return true;
	}
	if (unlikely(p->protocol == IPPROTO_UDP && p->key4.destination_port_be == RTE_BE16(68)))
		return false; // DHCP clients of the host
	uint16_t out = way_out(c, f, p);
	if (unlikely(out == ROW_NONE))
		return false;
	uint16_t to = c->ingress[out].zone;
	if (unlikely(!policy_series_holds4(&f->policies, p->zone, to, p->key4.destination)) &&
	    !find_row(c, f, p, to))
		return false;
	if (unlikely(f->reason == FW_DROP_COUNT))
		return false;
	tally_add(c, &f->refused.policy, f->slot, p->ip_length, tally_policy);
	count(c, f, p, f->reason);
	return true;
}

static inline void fetch(struct flood *f, struct packet *const *packets, unsigned count, unsigned i)
{
	if (i + WAYS_FIRST < count && packets[i + WAYS_FIRST]->family == 4) {
		const struct packet *p = packets[i + WAYS_FIRST];
		ways_fetch(&f->ways, p->vrf, p->key4.destination, p->key4.source);
	}
	if (f->ways.deep && i + WAYS_SECOND < count && packets[i + WAYS_SECOND]->family == 4) {
		const struct packet *p = packets[i + WAYS_SECOND];
		ways_fetch_next(&f->ways, p->vrf, p->key4.destination, p->key4.source);
	}
}

unsigned refuse_flood(struct core *c, struct packet *const *packets, unsigned count)
{
	struct flood f;
	unsigned done = 0;
	if (c->tables->nat != NULL || c->config.output.ended != NULL ||
	    c->config.counters->sessions_opened != c->opened)
		return 0;
	ways_start(c, &f.ways);
	policy_series_start(&f.policies, c->tables);
	f.refused = (struct refused){.policy = {0}};
	f.reason = FW_DROP_COUNT;
	for (; done < count; done++) {
		fetch(&f, packets, count, done);
		if (!refuse(c, &f, packets[done]))
			break;
	}
	refused_close(c, &f.refused);
	return done;
}
