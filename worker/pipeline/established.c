// SPDX-License-Identifier: Apache-2.0
#include "pipeline/established.h"

#include "pipeline/translate.h"

// Routes or neighbors have changed since the next hop was cached: it may be the right one all the
// same.
bool established_renew_hop(struct core *c, const struct packet *p, struct line *line,
			   const struct fw_line4 *line4)
{
	const uint8_t *destination = line4 != NULL && line4->flags & FW_LINE_NAT
					 ? line4->new_destination
					 : packet_destination(p);
	if (line->next_hop == FW_HOP_NONE ||
	    !route_hop_good(c, p->vrf, p->family, destination, line->next_hop,
			    line->next_hop_version))
		return false;
	line->next_hop_version = c->hop_version;
	return true;
}

enum established established_to_host(struct core *c, struct packet *p, uint32_t index)
{
	struct session_view v = session_view(c, p->family, index);
	struct session_step step = session_ask(&v, p);
	if (step.answer > SESSION_QUIET)
		return ESTABLISHED_SLOW;
	packet_start_end(p);
	session_describe(c, &v, p);
	session_commit(c, &v, p, step);
	translate_packet(c, p, v.number, v.direction);
	core_end_punted(c, p, p->interface);
	return ESTABLISHED_DONE;
}

static void tell(struct core *c, struct packet *p, const struct session_view *v, uint16_t interface)
{
	if (c->config.output.ended == NULL)
		return;
	packet_start_end(p);
	session_describe(c, v, p);
	p->end.out_interface = interface;
	p->end.outcome = OUTCOME_FORWARDED;
	c->config.output.ended(c->config.output.context, p->mbuf, &p->end);
}

void established_tell(struct core *c, struct packet *p, uint32_t index, uint16_t interface)
{
	struct session_view v = session_view(c, p->family, index);
	tell(c, p, &v, interface);
}

bool established_step(struct core *c, struct packet *p, uint32_t index, uint16_t interface)
{
	struct session_view v = session_view(c, p->family, index);
	struct session_step step = session_ask(&v, p);
	if (step.answer > SESSION_QUIET)
		return false;
	tell(c, p, &v, interface);
	session_commit(c, &v, p, step);
	return true;
}

void established_wrap(struct core *c, uint8_t family, uint32_t index)
{
	session_view(c, family, index).track->packets_high[index & 1]++;
}

// The tag of an interface, with the priority that the packet came with.
void established_tag(struct packet *p, const struct adjacency *a)
{
	write16(p->ip - 6, RTE_ETHER_TYPE_VLAN);
	write16(p->ip - 4, (uint16_t)((p->tci & 0xf000) | a->vlan));
}
