// SPDX-License-Identifier: Apache-2.0
// Destination NAT is looked up before the owner is chosen, so a flow and its replies come to one core; source NAT chooses ports
// whose replies do (nat/). What it chose for another number of cores is looked up: sessions in the table of detours, endpoints
// of bindings among the bindings. Fragments go to the core that puts their datagram together, and with its ports to their owner.
#include "pipeline/steer_core.h"

#include "nat/bindings.h"
#include "nat/nat.h"
#include "steer/detour.h"
#include "steer/steer.h"

struct note {
	uint32_t interface; // name_id
	uint8_t kind;       // enum steer_kind
	// of STEER_KEYED
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

static void give(struct core *c, uint32_t core, struct packet *p, uint16_t interface, enum steer_kind kind)
{
	struct note *n = note_of(p->mbuf);
	if (p->mbuf->data_off < sizeof(*n)) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED); // cannot be: a received frame has its headroom
		return;
	}
	*n = (struct note){.interface = c->tables->interfaces[interface].name_id, .kind = (uint8_t)kind};
	if (kind == STEER_KEYED || kind == STEER_HOST_KEYED) {
		n->lane = p->part.lane;
		n->icmp_kind = p->icmp_kind;
		n->icmp_type = p->icmp_type;
		n->tcp_class = p->tcp_class;
		memcpy(n->ends, ends_of(p), sizeof(n->ends));
	}
	if (c->pass[core].count == PIPELINE_BURST)
		flush_to(c, core);
	c->pass[core].frames[c->pass[core].count++] = p->mbuf;
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
	uint32_t core = p->lane == LANE_FRAGMENT     ? owner_of_fragment(c, p) :
			p->lane == LANE_ICMP_ERROR ? owner_of_error(c, p, p->zone) :
						     owner(c, p, p->zone);
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
	give(c, core, p, interface, p->fragment == FRAGMENT_LATER ? STEER_HOST_KEYED : STEER_HOST);
	return true;
}

bool steer_keyed_away(struct core *c, struct packet *p)
{
	uint32_t core = owner(c, p, p->zone);
	if (core == c->config.number)
		return false;
	give(c, core, p, p->interface, STEER_KEYED);
	return true;
}

struct steer_place steer_place(const struct core *c, const struct rte_mbuf *mbuf)
{
	const struct note *n = note_of(mbuf);
	uint16_t row = c->tables == NULL ? ROW_NONE : interface_row(&c->interfaces, n->interface);
	if (row == ROW_NONE)
		return (struct steer_place){STEER_NOWHERE, 0};
	enum steer_kind kind = (enum steer_kind)n->kind;
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
