// SPDX-License-Identifier: Apache-2.0
// The address and port of a new flow. A port is free for a flow when no session has the tuple that
// its answers will have, and no persistent binding has it.
#include "pipeline/translate.h"

#include "nat/port.h"
#include "nat/rewrite.h"
#include "nat/rows.h"
#include "pipeline/judge.h"
#include "steer/detour.h"

enum { CLASH_LOW = 1024 }; // ports where no rule says which
enum { BURST_LOOKS = 8192 }; // at ports, beside those that every flow may look at

struct search {
	struct core *c;
	const struct packet *p;
	struct session_key4 reply; // but its destination and port
	bool ports, icmp;
	bool fixed; // the port cannot be changed
};

static struct session_key4 reply_to(const struct search *s, const uint8_t address[4],
				    uint16_t port_be)
{
	struct session_key4 key = s->reply;
	memcpy(key.destination, address, 4);
	key.destination_port_be = port_be;
	if (s->icmp)
		key.source_port_be = port_be;
	return key;
}

// Another core has a session with these answers, from when there was another number of cores.
static bool elsewhere(const struct core *c, const struct session_key4 *key)
{
	uint32_t core;
	return unlikely(c->config.detours != NULL) && detours_find(c->config.detours, key, &core);
}

static unsigned taken(void *context, uint32_t address, const uint16_t *ports, unsigned count)
{
	const struct search *s = context;
	struct session_table *table = s->c->config.sessions4;
	struct session_key4 keys[NAT_PORT_BATCH];
	uint64_t hashes[NAT_PORT_BATCH];
	uint8_t bytes[4];
	unsigned mask = 0;
	nat_store(bytes, address);
	for (unsigned i = 0; i < count; i++) {
		keys[i] = reply_to(s, bytes, rte_cpu_to_be_16(ports[i]));
		hashes[i] = session_hash4(table, &keys[i]);
		session_prefetch_bucket(table, hashes[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		uint32_t candidate = session_probe(table, hashes[i]);
		if (session_find4(table, hashes[i], candidate, &keys[i]) != FW_NO_INDEX ||
		    elsewhere(s->c, &keys[i]) ||
		    (s->ports && s->c->config.bindings != NULL &&
		     bindings_occupy(s->c->config.bindings, s->p->protocol, bytes,
				     keys[i].destination_port_be)))
			mask |= 1u << i;
	}
	return mask;
}

static bool reply_free(const struct search *s, const uint8_t address[4], uint16_t port_be)
{
	struct session_table *table = s->c->config.sessions4;
	struct session_key4 key = reply_to(s, address, port_be);
	uint64_t hash = session_hash4(table, &key);
	session_prefetch_bucket(table, hash);
	return session_find4(table, hash, session_probe(table, hash), &key) == FW_NO_INDEX &&
	       !elsewhere(s->c, &key);
}

static bool fits(void *context, const uint8_t address[4], uint16_t port_be)
{
	return reply_free(context, address, port_be);
}

static void start(struct core *c, const struct packet *p, const struct judgement *j,
		  struct search *s)
{
	const struct nat_target *target = &j->nat.target;
	*s = (struct search){.c = c,
			     .p = p,
			     .ports = translate_has_ports(p->protocol),
			     .icmp = p->protocol == IPPROTO_ICMP};
	// A binding has changed the identifier already.
	s->fixed = !s->ports || (s->icmp && target->kind == NAT_BINDING);
	s->reply.protocol = p->protocol;
	s->reply.vrf = j->out == ROW_NONE ? p->vrf : c->tables->interfaces[j->out].vrf;
	memcpy(s->reply.source,
	       target->kind == NAT_NONE ? p->key4.destination : target->address, 4);
	s->reply.source_port_be =
	    target->kind == NAT_NONE ? p->key4.destination_port_be : target->port_be;
}

unsigned translate_budget(void)
{
	return BURST_LOOKS;
}

static enum fw_drop choose_port(struct search *s, const struct nat_space *space,
				struct translated *t)
{
	struct core *c = s->c;
	struct nat_choice choice;
	struct nat_search search = {.space = space,
				    .wanted = rte_be_to_cpu_16(t->source_port_be),
				    .fixed = s->fixed,
				    .cores = s->ports ? c->config.cores : 0,
				    .client_port_be = s->p->key4.source_port_be,
				    .start = core_random(c),
				    .looks = NAT_PORT_LOOKS,
				    .budget = &c->nat_budget,
				    .taken = taken,
				    .context = s};
	memcpy(search.client, s->p->key4.source, 4);
	if (!nat_port_choose(&search, &choice))
		return FW_DROP_NAT_EXHAUSTED;
	nat_store(t->source, choice.address);
	t->source_port_be = rte_cpu_to_be_16(choice.port);
	return FW_DROP_COUNT;
}

static void take_binding(struct translated *t, uint32_t row, const struct fw_binding *b)
{
	t->binding = row;
	memcpy(t->source, b->external, 4);
	t->source_port_be = b->external_port_be;
}

static enum fw_drop choose_binding(struct search *s, const struct nat_origin *origin,
				   const struct nat_space *space, struct translated *t)
{
	struct core *c = s->c;
	const struct packet *p = s->p;
	struct bindings *all = c->config.bindings;
	struct fw_binding b;
	if (all == NULL)
		return FW_DROP_NAT_BINDINGS_FULL;
	struct binding_key key = {.port_be = p->key4.source_port_be,
				  .protocol = p->protocol,
				  .vrf = p->vrf,
				  .rule_id = origin->rule_id};
	memcpy(key.address, p->key4.source, 4);
	uint32_t timeout = origin->rule->binding_timeout_s * SESSION_TICKS_PER_SECOND;
	uint32_t row = bindings_take(all, &key, space, timeout, c->now, &b);
	if (row != FW_NO_INDEX) {
		take_binding(t, row, &b);
		if (reply_free(s, b.external, b.external_port_be))
			return FW_DROP_COUNT;
		translate_abandon(c, t);
		return FW_DROP_NAT_EXHAUSTED;
	}
	struct bindings_wish wish = {.key = key,
				     .space = space,
				     .timeout = timeout,
				     .now = c->now,
				     .created_at_ns = c->realtime_ns,
				     .any_remote = origin->rule->filtering ==
						   FW_NAT_FILTER_ENDPOINT_INDEPENDENT,
				     .cores = c->config.cores,
				     .start = core_random(c),
				     .looks = NAT_PORT_LOOKS,
				     .budget = &c->nat_budget,
				     .fits = fits,
				     .context = s};
	switch (bindings_add(all, &wish, &row, &b)) {
	case BINDINGS_ADDED:
		take_binding(t, row, &b);
		return FW_DROP_COUNT;
	case BINDINGS_FULL:
		return FW_DROP_NAT_BINDINGS_FULL;
	case BINDINGS_EXHAUSTED:
		break;
	}
	return FW_DROP_NAT_EXHAUSTED;
}

// The source stays, unless the answers would be another session's: then another port (as the
// firewall's own connections from a port that a client's flow was given).
static enum fw_drop keep_source(struct search *s, struct translated *t)
{
	if (!s->c->translating || reply_free(s, t->source, t->source_port_be))
		return FW_DROP_COUNT;
	struct nat_space space = {.address = nat_address(t->source),
				  .tries = s->fixed ? 0 : 1,
				  .low = CLASH_LOW,
				  .high = UINT16_MAX};
	return choose_port(s, &space, t);
}

static enum fw_drop choose_source(struct search *s, const struct translation *nat,
				  struct translated *t)
{
	const struct nat_origin *origin = &nat->origin;
	struct nat_space space = {.address = nat_address(nat->address),
				  .tries = 1,
				  .low = CLASH_LOW,
				  .high = UINT16_MAX};
	if (origin->kind == NAT_NONE || origin->kind == NAT_OFF)
		return keep_source(s, t);
	t->source_id = origin->rule_id;
	if (origin->kind == NAT_HAIRPIN)
		return choose_port(s, &space, t);
	if (!nat_origin_space(s->c->tables->nat, origin, s->p->key4.source, nat->address, &space))
		return FW_DROP_NAT_NO_ADDRESS;
	if (origin->kind == NAT_STATIC) {
		nat_store(t->source, space.address);
		return reply_free(s, t->source, t->source_port_be) ? FW_DROP_COUNT
								   : FW_DROP_NAT_EXHAUSTED;
	}
	if (origin->rule->persistent && s->ports)
		return choose_binding(s, origin, &space, t);
	return choose_port(s, &space, t);
}

// The binding that was called counts the session, unless the caller has one of its own.
static enum fw_drop hold_target(struct core *c, const struct nat_target *target,
				struct translated *t)
{
	struct fw_binding b;
	if (target->kind != NAT_BINDING || t->binding != FW_NO_INDEX)
		return FW_DROP_COUNT;
	if (!bindings_read(c->config.bindings, target->binding, &b) ||
	    memcmp(b.internal, target->address, 4) != 0 || b.internal_port_be != target->port_be ||
	    !bindings_hold(c->config.bindings, target->binding, &b))
		return FW_DROP_NAT_FILTERED;
	t->binding = target->binding;
	return FW_DROP_COUNT;
}

enum fw_drop translate_choose(struct core *c, const struct packet *p, const struct judgement *j,
			      struct translated *t)
{
	struct search s;
	start(c, p, j, &s);
	memset(t, 0, sizeof(*t));
	t->binding = FW_NO_INDEX;
	memcpy(t->source, p->key4.source, 4);
	t->source_port_be = p->key4.source_port_be;
	memcpy(t->destination, s.reply.source, 4);
	t->destination_port_be = s.reply.source_port_be;
	t->destination_id = j->nat.target.kind == NAT_NONE ? 0 : j->nat.target.rule_id;
	if (s.icmp)
		t->source_port_be = t->destination_port_be;
	enum fw_drop reason = choose_source(&s, &j->nat, t);
	if (reason == FW_DROP_COUNT && memcmp(t->source, t->destination, 4) == 0) {
		translate_abandon(c, t); // from outside, with the address of the target
		return FW_DROP_SOURCE_INVALID;
	}
	if (reason == FW_DROP_COUNT)
		reason = hold_target(c, &j->nat.target, t);
	if (s.icmp)
		t->destination_port_be = t->source_port_be;
	return reason;
}

void translate_abandon(struct core *c, const struct translated *t)
{
	if (t->binding != FW_NO_INDEX)
		bindings_release(c->config.bindings, t->binding, c->now);
}
