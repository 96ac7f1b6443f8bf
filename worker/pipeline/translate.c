// SPDX-License-Identifier: Apache-2.0
// Destinations. A static or destination rule is looked for by the zone that the packet comes from.
// When none fits and the address is one of a rule's, the client may be behind the firewall: then
// the rule is looked for by the zone that the called address lies in, as if the packet had gone out
// and come back (hairpin, RFC 4787 REQ-9). After the rules come the persistent bindings.
#include "pipeline/translate.h"

#include <netinet/in.h>
#include "nat/rows.h"
#include "pipeline/address.h"
#include "pipeline/judge.h"
#include "tables/program.h"

bool translate_has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP;
}

static bool applies(const struct packet *p)
{
	return p->family == 4 && p->lane == LANE_FLOW && p->zone != ZONE_SELF;
}

// The kernel gave the interface this address, among others.
static bool kernel_gave(const struct core *c, const struct interface *in, const uint8_t address[4])
{
	if (!address4_is_zero(in->address4))
		return false; // the program says them all
	const struct hop *hop = fib_lookup4(c->config.fib, in->vrf, address, 0);
	return hop->type == HOP_LOCAL && hop->interface == in->name_id;
}

bool translate_has_address(const struct core *c, uint16_t interface, const uint8_t address[4])
{
	const struct tables *t = c->tables;
	uint8_t live[4];
	if (interface == ROW_NONE)
		return false;
	const struct interface *in = &t->interfaces[interface];
	const struct fw_interface_row *r = program_row_interface(t->program, interface);
	if (live_address4(&in->live, live) && memcmp(live, address, 4) == 0)
		return true;
	for (uint32_t i = 0; i < r->address_count; i++) {
		const struct fw_prefix_row *a =
		    program_row_interface_address(t->program, r->address_first + i);
		if (a->family == 4 && memcmp(a->address, address, 4) == 0)
			return true;
	}
	return kernel_gave(c, in, address);
}

// The interface that has this address.
static uint16_t holder(const struct core *c, const uint8_t address[4])
{
	for (uint16_t row = 0; row < c->tables->interface_count; row++)
		if (translate_has_address(c, row, address))
			return row;
	return ROW_NONE;
}

uint16_t translate_called(const struct core *c, const struct packet *p)
{
	const uint8_t *address = p->key4.destination;
	struct route r = route_find(c, p->vrf, 4, address, 0);
	if (hop_forwards(r.type))
		return r.interface;
	return r.type == HOP_LOCAL ? holder(c, address) : ROW_NONE;
}

static void take(const struct nat *n, uint32_t row, const struct packet *p,
		 const struct flow4 *flow, struct translation *t)
{
	nat_take_target(n, row, flow, &t->target);
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
		t->target.port_be = p->key4.destination_port_be;
}

static bool find_hairpin(const struct core *c, const struct packet *p, struct flow4 *flow,
			 struct translation *t)
{
	const struct nat *n = c->tables->nat;
	uint16_t called = translate_called(c, p);
	uint32_t row;
	if (called == ROW_NONE || c->tables->interfaces[called].zone == p->zone)
		return false;
	flow->from = c->tables->interfaces[called].zone;
	nat_find_targets(n, flow, 1, &row);
	if (row == FW_NO_INDEX)
		return false;
	take(n, row, p, flow, t);
	t->hairpin = true;
	return true;
}

bool translate_binding_holds(const struct core *c, const struct fw_binding *b,
			     struct nat_origin *origin)
{
	static const uint8_t none[4];
	const struct nat *n = c->tables->nat;
	struct nat_space space;
	if (n == NULL || !nat_find_persistent(n, b->rule_id, origin))
		return false;
	bool own = origin->kind == NAT_INTERFACE && holder(c, b->external) != ROW_NONE;
	return nat_origin_space(n, origin, b->internal, own ? b->external : none, &space) &&
	       nat_space_holds(&space, nat_address(b->external),
			       rte_be_to_cpu_16(b->external_port_be));
}

static void find_binding(struct core *c, const struct packet *p, struct translation *t)
{
	struct fw_binding b;
	struct nat_origin origin;
	if (c->config.bindings == NULL || !translate_has_ports(p->protocol))
		return;
	uint32_t row = bindings_find(c->config.bindings, p->protocol, p->key4.destination,
				     p->key4.destination_port_be, c->now, &b);
	if (row == FW_NO_INDEX || !translate_binding_holds(c, &b, &origin))
		return;
	uint16_t called = translate_called(c, p);
	bool outside = called == ROW_NONE || c->tables->interfaces[called].zone == p->zone;
	bool open = origin.rule->filtering == FW_NAT_FILTER_ENDPOINT_INDEPENDENT;
	if (!outside && p->protocol == IPPROTO_ICMP)
		return; // both ends would want an identifier of their own
	t->hairpin = !outside;
	t->filtered = outside && !open;
	t->target = (struct nat_target){.kind = NAT_BINDING,
					.rule_id = origin.rule_id,
					.binding = row,
					.port_be = b.internal_port_be,
					.admits = outside && open};
	memcpy(t->target.address, b.internal, 4);
}

static void find_target(struct core *c, const struct packet *p, uint32_t row, struct flow4 *flow,
			struct translation *t)
{
	const struct nat *n = c->tables->nat;
	if (row != FW_NO_INDEX)
		take(n, row, p, flow, t);
	else if (!nat_is_external(n, flow->destination) || !find_hairpin(c, p, flow, t))
		find_binding(c, p, t);
}

void translate_destinations(struct core *c, const struct packet *const *packets,
			    struct judgement *const *judgements, unsigned count)
{
	const struct nat *n = c->tables->nat;
	struct flow4 flows[PIPELINE_BURST];
	uint32_t rows[PIPELINE_BURST];
	unsigned asking = 0;
	if (n == NULL)
		return;
	for (unsigned i = 0; i < count; i++)
		if (applies(packets[i]) && nat_is_external(n, packets[i]->key4.destination))
			judge_flow4(packets[i], packets[i]->zone, 0, &flows[asking++]);
	if (asking != 0)
		nat_find_targets(n, flows, asking, rows);
	asking = 0;
	for (unsigned i = 0; i < count; i++) {
		struct flow4 flow;
		if (!applies(packets[i]))
			continue;
		judge_flow4(packets[i], packets[i]->zone, 0, &flow);
		uint32_t row = nat_is_external(n, flow.destination) ? rows[asking++] : FW_NO_INDEX;
		find_target(c, packets[i], row, &flow, &judgements[i]->nat);
	}
}

const struct packet *translate_seen(const struct packet *p, const struct translation *t,
				    struct packet *copy)
{
	if (t->target.kind == NAT_NONE)
		return p;
	*copy = *p;
	memcpy(copy->key4.destination, t->target.address, 4);
	copy->key4.destination_port_be = t->target.port_be;
	if (p->protocol == IPPROTO_ICMP)
		copy->key4.source_port_be = copy->key4.destination_port_be;
	return copy;
}
