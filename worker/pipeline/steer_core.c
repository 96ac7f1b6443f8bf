// SPDX-License-Identifier: Apache-2.0
// Destination NAT is looked up before the owner is chosen, so a flow and its replies come to one core; source NAT chooses ports
// whose replies do (nat/). What it chose for another number of cores is looked up: sessions in the table of detours, endpoints
// of bindings among the bindings. Fragments go to the core that puts their datagram together, and with its ports to their owner.
#include "pipeline/steer_core.h"

#include "nat/bindings.h"
#include "nat/nat.h"
#include "steer/detour.h"
#include "steer/steer.h"

struct origin { // in the buffer's first line, which the owner reads anyway
	uint32_t interface; // name_id
	uint32_t kind;      // enum steer_kind
};
_Static_assert(sizeof(struct origin) == sizeof(((struct rte_mbuf *)NULL)->hash), "the device's hash is not needed any more");

struct note { // in the headroom: what the first fragment of a datagram has told
	uint8_t lane, icmp_kind, tcp_class;
	uint16_t icmp_type;
	uint8_t ends[5]; // ports and protocol, as the key has them
};

// Both families have them side by side.
static void *ends_of(struct packet *p)
{
	return p->family == 4 ? &p->key4.source_port_be : &p->key6.source_port_be;
}

static struct note *note_of(const struct rte_mbuf *m)
{
	return m->buf_addr;
}

static struct origin origin_of(const struct rte_mbuf *m)
{
	struct origin at;
	memcpy(&at, &m->hash, sizeof(at));
	return at;
}

static uint32_t owner4(const struct core *c, const struct packet *p, uint16_t zone)
{
	struct session_key4 k = p->key4;
	uint32_t core;
	if (unlikely(c->config.detours != NULL) && detours_find(c->config.detours, &k, &core))
		return core;
	if (zone != ZONE_SELF && !nat_steer(c->tables->nat, zone, &k) && c->config.bindings != NULL)
		bindings_steer(c->config.bindings, &k);
	return steer_owner4(c->config.cores, k.source, k.source_port_be, k.destination,
			    k.destination_port_be, k.protocol);
}

static uint32_t owner(const struct core *c, const struct packet *p, uint16_t zone)
{
	const struct session_key6 *k = &p->key6;
	return p->family == 4 ? owner4(c, p, zone)
			      : steer_owner6(c->config.cores, k->source, k->source_port_be, k->destination,
					     k->destination_port_be, k->protocol);
}

static uint32_t owner_of_error(const struct core *c, const struct packet *p, uint16_t zone)
{
	struct packet key;
	return icmp_error_key(p, &key) ? owner(c, &key, zone) : c->config.number;
}

static void flush_to(struct core *c, uint32_t core)
{
	struct tx_vector *v = &c->pass[core];
	unsigned count = v->count;
	v->count = 0;
	if (count != 0)
		c->config.output.pass(c->config.output.context, core, v->frames, count);
}

static inline void give(struct core *c, uint32_t core, struct packet *p, uint16_t interface, enum steer_kind kind)
{
	struct origin at = {.interface = c->tables->interfaces[interface].name_id, .kind = kind};
	memcpy(&p->mbuf->hash, &at, sizeof(at));
	if (c->pass[core].count == PIPELINE_BURST)
		flush_to(c, core);
	c->pass[core].frames[c->pass[core].count++] = p->mbuf;
}

static void give_keyed(struct core *c, uint32_t core, struct packet *p, uint16_t interface, enum steer_kind kind)
{
	struct note *n = note_of(p->mbuf);
	if (p->mbuf->data_off < sizeof(*n)) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED); // cannot be: a received frame has its headroom
		return;
	}
	*n = (struct note){.lane = p->part.lane,
			   .icmp_kind = p->icmp_kind,
			   .icmp_type = p->icmp_type,
			   .tcp_class = p->tcp_class};
	memcpy(n->ends, ends_of(p), sizeof(n->ends));
	give(c, core, p, interface, kind);
}

_Static_assert(offsetof(struct session_key4, protocol) == offsetof(struct session_key4, source_port_be) + 4 &&
		   offsetof(struct session_key6, protocol) == offsetof(struct session_key6, source_port_be) + 4,
	       "ends are five bytes of the key");

static uint32_t owner_of_fragment(const struct core *c, const struct packet *p)
{
	return p->family == 4
		   ? steer_fragments4(c->config.cores, packet_source(p), packet_destination(p))
		   : steer_fragments6(c->config.cores, packet_source(p), packet_destination(p));
}

bool steer_away(struct core *c, struct packet *p)
{
	uint32_t core = p->lane == LANE_FRAGMENT ? owner_of_fragment(c, p) : owner_of_error(c, p, p->zone);
	if (core == c->config.number)
		return false;
	give(c, core, p, p->interface, STEER_PORT);
	return true;
}

bool steer_host_away(struct core *c, struct packet *p, uint16_t interface)
{
	uint32_t core = p->lane == LANE_ICMP_ERROR ? owner_of_error(c, p, ZONE_SELF)
						   : owner(c, p, ZONE_SELF);
	if (core == c->config.number)
		return false;
	if (p->fragment == FRAGMENT_LATER)
		give_keyed(c, core, p, interface, STEER_HOST_KEYED);
	else
		give(c, core, p, interface, STEER_HOST);
	return true;
}

bool steer_keyed_away(struct core *c, struct packet *p)
{
	uint32_t core = owner(c, p, p->zone);
	if (core == c->config.number)
		return false;
	give_keyed(c, core, p, p->interface, STEER_KEYED);
	return true;
}

// Nothing but the tuple decides: no address of NAT, nothing left of another number of cores.
static bool by_tuple(const struct core *c)
{
	return (c->tables->nat == NULL || c->tables->nat->external_count == 0) && c->config.detours == NULL &&
	       (c->config.bindings == NULL || bindings_strays(c->config.bindings) == 0);
}

unsigned steer_flows(struct core *c, struct packet **flows, unsigned count)
{
	unsigned kept = 0;
	bool plain = by_tuple(c);
	uint32_t cores = c->config.cores, number = c->config.number;
	for (unsigned i = 0; i < count; i++) {
		struct packet *p = flows[i];
		const struct session_key4 *k = &p->key4;
		uint32_t core = plain && p->family == 4
				    ? steer_owner4(cores, k->source, k->source_port_be, k->destination,
						   k->destination_port_be, k->protocol)
				    : owner(c, p, p->zone);
		if (core == number)
			flows[kept++] = p;
		else
			give(c, core, p, p->interface, STEER_PORT);
	}
	return kept;
}

struct steer_place steer_place(const struct core *c, const struct rte_mbuf *mbuf)
{
	struct origin at = origin_of(mbuf);
	uint16_t row = c->tables == NULL ? ROW_NONE : interface_row(&c->interfaces, at.interface);
	if (row == ROW_NONE)
		return (struct steer_place){STEER_NOWHERE, 0};
	enum steer_kind kind = (enum steer_kind)at.kind;
	return (struct steer_place){kind, kind == STEER_HOST || kind == STEER_HOST_KEYED ? row : c->tables->interfaces[row].port};
}

bool steer_take_key(struct packet *p)
{
	const struct note *n = note_of(p->mbuf);
	memcpy(ends_of(p), n->ends, sizeof(n->ends));
	p->protocol = n->ends[4];
	p->part.lane = n->lane;
	p->icmp_kind = n->icmp_kind;
	p->icmp_type = n->icmp_type;
	p->tcp_class = n->tcp_class;
	return n->lane == LANE_FLOW;
}

void steer_flush(struct core *c)
{
	for (uint32_t core = 0; core < c->config.cores; core++)
		flush_to(c, core);
}
