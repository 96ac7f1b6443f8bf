// SPDX-License-Identifier: Apache-2.0
// ICMP errors. One belongs to the session whose packet it quotes, and goes to the end that sent
// that packet. It never opens, refreshes or ends a session. Redirects are for the firewall's own
// packets only.
#include <netinet/in.h>
#include "pipeline/flow.h"
#include "pipeline/forward.h"
#include "pipeline/parse.h"

static uint32_t find_quoted(struct core *c, const struct packet *p, struct packet *quoted)
{
	memset(quoted, 0, sizeof(*quoted));
	quoted->vrf = p->vrf;
	if (!parse_quote(p, quoted))
		return FW_NO_INDEX;
	if (memcmp(packet_source(quoted), packet_destination(p), p->family == 4 ? 4 : 16) != 0)
		return FW_NO_INDEX;
	packet_hash(c, quoted);
	return packet_find_again(c, quoted);
}

static bool is_redirect(const struct packet *p)
{
	return p->family == 4 && p->icmp_type >> 8 == 5;
}

static void by_route(struct core *c, struct packet *p, uint16_t zone)
{
	struct route r = route_find(c, p->vrf, p->family, packet_destination(p), route_hash(p));
	if (r.type == HOP_LOCAL)
		core_end_dropped(c, p, FW_DROP_ICMP_NO_SESSION);
	else if (!hop_forwards(r.type))
		core_end_dropped(c, p, route_reason(r.type));
	else if (c->tables->interfaces[r.interface].zone != zone)
		core_end_dropped(c, p, FW_DROP_SESSION_INTERFACE);
	else if (forward_check(c, p, r.interface))
		forward_to(c, p, r.interface, &r.next);
}

void icmp_error_packet(struct core *c, struct packet *p)
{
	struct packet quoted;
	struct judgement j;
	uint32_t index = find_quoted(c, p, &quoted);
	if (index == FW_NO_INDEX) {
		core_end_dropped(c, p, FW_DROP_ICMP_NO_SESSION);
		return;
	}
	struct session_view v = session_view(c, p->family, index);
	if (v.line[0]->epoch != c->epoch) {
		enum session_fate fate = judge_session(c, &v, &j);
		if (fate != FATE_CONFIRMED) {
			core_end_dropped(c, p,
					 fate == FATE_FOREIGN ? FW_DROP_ICMP_NO_SESSION : j.reason);
			return;
		}
	}
	uint16_t origin = v.line[v.direction]
			      ->in_zone; // where the quoted packet came from, and the error goes to
	p->end.session = v.cold->id;
	p->end.policy = v.line[0]->policy < c->policy_rows ? v.line[0]->policy : FW_NO_INDEX;
	p->end.to_zone = origin == ZONE_SELF ? FW_NO_INDEX : origin;
	if (v.line[!v.direction]->in_zone != p->zone)
		core_end_dropped(c, p, FW_DROP_SESSION_INTERFACE);
	else if (origin == ZONE_SELF)
		core_end_punted(c, p, p->interface);
	else if (is_redirect(p))
		core_end_dropped(c, p, FW_DROP_ICMP_NO_SESSION);
	else
		by_route(c, p, origin);
}
