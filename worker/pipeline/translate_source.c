// SPDX-License-Identifier: Apache-2.0
// Sources. The first rule for the zones and the translated destination counts. A flow that a
// destination rule turns back into the zone that it came from needs its answers to come back
// through the firewall: without a rule of its own it takes a mapping that its client has toward the
// outside (static or persistent), or the address that it called.
#include "pipeline/translate.h"

#include "pipeline/judge.h"

static uint16_t zone_of(const struct core *c, uint16_t interface)
{
	return interface == ROW_NONE ? ZONE_SELF : c->tables->interfaces[interface].zone;
}

static void interface_address(const struct core *c, uint16_t interface, uint8_t address[4])
{
	if (!live_address4(&c->tables->interfaces[interface].live, address))
		memset(address, 0, 4);
}

// The mapping that the client has toward the zone of the address that it called.
static bool find_outward(const struct core *c, const struct packet *p, const struct judgement *j,
			 struct translation *t)
{
	uint16_t called = translate_called(c, p);
	struct nat_origin origin;
	uint32_t row;
	if (called == ROW_NONE || zone_of(c, called) == j->from)
		return false;
	struct flow4 flow = *j->flow4;
	flow.to = zone_of(c, called);
	nat_find_origins(c->tables->nat, &flow, 1, &row);
	nat_take_origin(c->tables->nat, row, &origin);
	bool own = origin.kind == NAT_STATIC || (origin.rule != NULL && origin.rule->persistent) ||
		   (t->target.kind == NAT_BINDING && origin.rule != NULL);
	if (!own || origin.kind == NAT_OFF)
		return false;
	t->origin = origin;
	t->face = called;
	interface_address(c, called, t->address);
	return true;
}

static void turn_back(const struct core *c, const struct packet *p, const struct judgement *j,
		      struct translation *t)
{
	bool same_side = j->from == j->to;
	if (t->target.kind == NAT_NONE ||
	    (!same_side && !(t->target.kind == NAT_BINDING && t->hairpin)))
		return;
	if (find_outward(c, p, j, t) || !same_side)
		return;
	t->origin.kind = NAT_HAIRPIN;
	t->origin.rule_id = t->target.rule_id;
	memcpy(t->address, p->key4.destination, 4);
}

static bool applies(const struct packet *p, const struct judgement *j)
{
	return p->family == 4 && p->zone != ZONE_SELF && j->reason == FW_DROP_COUNT && !j->to_host;
}

static void take(const struct core *c, const struct packet *p, uint32_t row, struct judgement *j)
{
	struct translation *t = &j->nat;
	nat_take_origin(c->tables->nat, row, &t->origin);
	t->face = j->out;
	interface_address(c, j->out, t->address);
	if (row == FW_NO_INDEX)
		turn_back(c, p, j, t);
	// A message that leaves no state could not be translated back.
	if (p->lane != LANE_FLOW && t->origin.kind != NAT_NONE && t->origin.kind != NAT_OFF)
		j->reason = FW_DROP_ICMP_NO_SESSION;
}

void translate_sources(struct core *c, const struct packet *const *packets,
		       struct judgement *const *judgements, unsigned count)
{
	struct flow4 flows[PIPELINE_BURST];
	uint32_t rows[PIPELINE_BURST];
	unsigned asking = 0;
	if (c->tables->nat == NULL)
		return;
	for (unsigned i = 0; i < count; i++)
		if (applies(packets[i], judgements[i]))
			flows[asking++] = *judgements[i]->flow4;
	if (asking != 0)
		nat_find_origins(c->tables->nat, flows, asking, rows);
	asking = 0;
	for (unsigned i = 0; i < count; i++)
		if (applies(packets[i], judgements[i]))
			take(c, packets[i], rows[asking++], judgements[i]);
}
