// SPDX-License-Identifier: Apache-2.0
// The translation of an open session: its lines, whether rules still allow it, its end.
#include "pipeline/translate.h"

#include <netinet/in.h>
#include "nat/rewrite.h"
#include "nat/rows.h"
#include "pipeline/judge.h"
#include "steer/detour.h"

static void set_new(struct fw_line4 *line, const struct fw_line4 *other)
{
	memcpy(line->new_source, other->destination, 4);
	memcpy(line->new_destination, other->source, 4);
	line->new_source_port_be = other->destination_port_be;
	line->new_destination_port_be = other->source_port_be;
	line->flags |= FW_LINE_NAT;
	rewrite_prepare(line);
}

void translate_lines(const struct packet *p, const struct translated *t, uint16_t vrf_out,
		     struct fw_line4 line[2])
{
	memcpy(&line[0], &p->key4, sizeof(p->key4));
	memcpy(line[1].source, t->destination, 4);
	memcpy(line[1].destination, t->source, 4);
	line[1].source_port_be = t->destination_port_be;
	line[1].destination_port_be = t->source_port_be;
	line[1].protocol = p->protocol;
	line[1].vrf = vrf_out;
	bool same = memcmp(t->source, line[0].source, 4) == 0 &&
		    memcmp(t->destination, line[0].destination, 4) == 0 &&
		    t->source_port_be == line[0].source_port_be &&
		    t->destination_port_be == line[0].destination_port_be;
	if (same)
		return;
	set_new(&line[0], &line[1]);
	set_new(&line[1], &line[0]);
}

static bool target_holds(const struct packet *p, const struct nat_target *target,
			 const struct fw_line4 *back)
{
	const uint8_t *address =
	    target->kind == NAT_NONE ? p->key4.destination : target->address;
	uint16_t port_be =
	    target->kind == NAT_NONE ? p->key4.destination_port_be : target->port_be;
	return memcmp(back->source, address, 4) == 0 &&
	       (p->protocol == IPPROTO_ICMP || back->source_port_be == port_be);
}

static bool origin_holds(const struct core *c, const struct packet *p,
			 const struct translation *t, const struct fw_line4 *back)
{
	const struct nat_origin *origin = &t->origin;
	struct nat_space space;
	uint32_t address = nat_address(back->destination);
	uint16_t port = rte_be_to_cpu_16(back->destination_port_be);
	switch (origin->kind) {
	case NAT_NONE:
	case NAT_OFF:
		return memcmp(back->destination, p->key4.source, 4) == 0;
	case NAT_HAIRPIN:
		return memcmp(back->destination, t->address, 4) == 0;
	default:
		break;
	}
	// The interface may have got another address that comes first, beside this one.
	bool kept = origin->kind == NAT_INTERFACE && translate_has_address(c, t->face, back->destination);
	if (!nat_origin_space(c->tables->nat, origin, p->key4.source,
			      kept ? back->destination : t->address, &space))
		return false;
	bool any_port = origin->kind == NAT_STATIC || !translate_has_ports(p->protocol);
	return any_port ? nat_space_has_address(&space, address)
			: nat_space_holds(&space, address, port);
}

bool translate_holds(struct core *c, const struct packet *p, const struct judgement *j,
		     const struct fw_session4 *s)
{
	const struct fw_line4 *back = &s->line[1];
	return target_holds(p, &j->nat.target, back) && origin_holds(c, p, &j->nat, back);
}

bool translate_widens(const struct core *c, const struct packet *p, const struct judgement *j,
		      uint32_t number, unsigned direction)
{
	if (p->family != 4)
		return true;
	const struct fw_line4 *line = &session_entry4(c->config.sessions4, number)->line[direction];
	if (!(line->flags & FW_LINE_NAT) || direction == 0)
		return j->nat.target.kind == NAT_NONE || direction == 0;
	return j->nat.target.kind != NAT_NONE && line->new_source_port_be == j->nat.target.port_be &&
	       memcmp(line->new_destination, j->nat.target.address, 4) == 0;
}

void translate_end(struct core *c, uint8_t family, uint32_t number)
{
	if (family != 4)
		return;
	const struct fw_session4 *s = session_entry4(c->config.sessions4, number);
	uint32_t binding = s->track.binding;
	if (unlikely(c->config.detours != NULL)) {
		struct session_key4 key = session_reply_key(s);
		detours_forget(c->config.detours, &key);
	}
	if (binding != FW_NO_INDEX && c->config.bindings != NULL)
		bindings_release(c->config.bindings, binding, c->now);
}

static const struct fw_line4 *line_of(const struct core *c, const struct packet *p,
				      uint32_t number, unsigned direction)
{
	if (p->family != 4)
		return NULL;
	const struct fw_line4 *line = &session_entry4(c->config.sessions4, number)->line[direction];
	return line->flags & FW_LINE_NAT ? line : NULL;
}

void translate_packet(const struct core *c, struct packet *p, uint32_t number, unsigned direction)
{
	const struct fw_line4 *line = line_of(c, p, number, direction);
	if (line != NULL)
		rewrite4(p->ip, p->l4, p->protocol, p->fragment == FRAGMENT_LATER, line);
}

const uint8_t *translate_next(const struct core *c, const struct packet *p, uint32_t number,
			      unsigned direction)
{
	const struct fw_line4 *line = line_of(c, p, number, direction);
	return line != NULL ? line->new_destination : packet_destination(p);
}
