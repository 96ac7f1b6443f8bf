// SPDX-License-Identifier: Apache-2.0
// ICMP errors. One belongs to the session whose packet it quotes, and goes to the end that sent
// that packet. What is quoted is the packet as it was on that link, so its tuple turned round is the
// key of the session's line for packets of the error's own direction, whatever NAT has made of it. An
// error never opens, refreshes or ends a session. Redirects are for the firewall's own packets only.
#include <netinet/in.h>
#include "nat/rewrite.h"
#include "pipeline/flow.h"
#include "pipeline/forward.h"
#include "pipeline/parse.h"
#include "pipeline/reject.h"
#include "pipeline/steer_core.h"

static void turn_round(struct packet *q)
{
	if (q->family == 4) {
		struct session_key4 k = q->key4;
		memcpy(q->key4.source, k.destination, 4);
		memcpy(q->key4.destination, k.source, 4);
		q->key4.source_port_be = k.destination_port_be;
		q->key4.destination_port_be = k.source_port_be;
	} else {
		struct session_key6 k = q->key6;
		memcpy(q->key6.source, k.destination, 16);
		memcpy(q->key6.destination, k.source, 16);
		q->key6.source_port_be = k.destination_port_be;
		q->key6.destination_port_be = k.source_port_be;
	}
}

bool icmp_error_key(const struct packet *p, struct packet *key)
{
	memset(key, 0, sizeof(*key));
	key->vrf = p->vrf;
	if (!parse_quote(p, key))
		return false;
	turn_round(key);
	return true;
}

// The session, seen from a packet that goes where the error goes; or why there is none.
static enum fw_drop find_session(struct core *c, const struct packet *p, uint32_t *index)
{
	struct packet quoted;
	memset(&quoted, 0, sizeof(quoted));
	quoted.vrf = p->vrf;
	if (!parse_quote(p, &quoted))
		return FW_DROP_ICMP_ERROR_INVALID;
	if (memcmp(packet_source(&quoted), packet_destination(p), p->family == 4 ? 4 : 16) != 0)
		return FW_DROP_ICMP_NO_SESSION;
	turn_round(&quoted);
	packet_hash(c, &quoted);
	*index = packet_find_again(c, &quoted);
	return *index == FW_NO_INDEX ? FW_DROP_ICMP_NO_SESSION : FW_DROP_COUNT;
}

static bool is_redirect(const struct packet *p)
{
	return p->family == 4 && p->icmp_type >> 8 == 5;
}

static const struct fw_line4 *translating_line(const struct core *c, const struct session_view *v)
{
	return v->family == 4 && v->line[v->direction]->flags & FW_LINE_NAT
		   ? &session_entry4(c->config.sessions4, v->number)->line[v->direction]
		   : NULL;
}

// Mends a checksum after some of the bytes that it covers have changed; a wrong one stays wrong.
static void mend(uint8_t *field, uint64_t before, uint64_t after)
{
	rewrite_field(field, rewrite_fold((uint32_t)(uint16_t)~checksum_fold(before) +
					  checksum_fold(after)));
}

// The quote becomes what its sender sent. When the end that the quoted packet went to is translated, the
// error comes from the address that the sender knows for it, also when a router before that end made it:
// the router's own may be one that nobody there can reach (RFC 5508 4.2, REQ-5). Other routers keep theirs.
static void translate_error(const struct core *c, struct packet *p, const struct session_view *v)
{
	const struct fw_line4 *line = translating_line(c, v);
	if (line == NULL)
		return;
	const struct fw_line4 *sent =
	    &session_entry4(c->config.sessions4, v->number)->line[!v->direction];
	struct rewrite_tuple original = {.source_port_be = sent->source_port_be,
					 .destination_port_be = sent->destination_port_be};
	memcpy(original.source, sent->source, 4);
	memcpy(original.destination, sent->destination, 4);
	uint8_t *icmp = p->ip + p->l4, *quote = icmp + 8;
	uint32_t left = (uint32_t)p->ip_length - p->l4 - 8u;
	uint64_t before = checksum_add(0, quote, left);
	rewrite_quote4(quote, left, &original);
	mend(icmp + 2, before, checksum_add(0, quote, left));
	before = checksum_add(0, p->ip + 12, 8);
	if (memcmp(line->source, line->new_source, 4) != 0)
		memcpy(p->ip + 12, line->new_source, 4);
	memcpy(p->ip + 16, line->new_destination, 4);
	mend(p->ip + 10, before, checksum_add(0, p->ip + 12, 8));
}

// Who may be the source of an error: by routes, and not the one that it goes to.
static enum fw_drop check_source(const struct core *c, const struct packet *p,
				 const struct session_view *v, bool to_host)
{
	const struct fw_line4 *line = translating_line(c, v);
	if (line != NULL && memcmp(line->source, line->new_source, 4) == 0 &&
	    memcmp(packet_source(p), line->new_destination, 4) == 0)
		return FW_DROP_SOURCE_INVALID;
	return route_source_check(c, p, to_host);
}

static void by_route(struct core *c, struct packet *p, const struct session_view *v, uint16_t zone)
{
	const struct fw_line4 *line = translating_line(c, v);
	const uint8_t *destination = line == NULL ? packet_destination(p) : line->new_destination;
	struct route r = route_find(c, p->vrf, p->family, destination, route_hash(p));
	if (r.type == HOP_LOCAL)
		core_end_dropped(c, p, FW_DROP_ICMP_NO_SESSION);
	else if (!hop_forwards(r.type))
		core_end_dropped(c, p, route_reason(r.type));
	else if (c->tables->interfaces[r.interface].zone != zone)
		core_end_dropped(c, p, FW_DROP_SESSION_INTERFACE);
	else if (forward_check(c, p, r.interface)) {
		translate_error(c, p, v);
		forward_to(c, p, r.interface, &r.next);
	}
}

// False: the session is not one of this generation, and the error has ended.
static bool is_current(struct core *c, struct packet *p, struct session_view *v)
{
	struct judgement j;
	if (v->line[0]->epoch == c->epoch)
		return true;
	switch (judge_session(c, v, &j)) {
	case FATE_CONFIRMED:
		return true;
	case FATE_FOREIGN:
	case FATE_UNTRANSLATED:
		core_end_dropped(c, p, FW_DROP_ICMP_NO_SESSION);
		return false;
	case FATE_DENIED:
	case FATE_OPEN:
		break;
	}
	core_end_dropped(c, p, j.reason);
	return false;
}

void icmp_error_packet(struct core *c, struct packet *p)
{
	uint32_t index;
	enum fw_drop reason = find_session(c, p, &index);
	if (reason != FW_DROP_COUNT) {
		core_end_dropped(c, p, reason);
		return;
	}
	struct session_view v = session_view(c, p->family, index);
	if (!is_current(c, p, &v))
		return;
	uint16_t origin = v.line[!v.direction]->in_zone; // of the quoted packet: the error goes there
	p->end.session = v.cold->id;
	p->end.policy = policy_row(c, v.line[0]->policy);
	p->end.to_zone = origin == ZONE_SELF ? FW_NO_INDEX : origin;
	reason = v.line[v.direction]->in_zone != p->zone
		     ? FW_DROP_SESSION_INTERFACE
		     : check_source(c, p, &v, origin == ZONE_SELF);
	if (reason != FW_DROP_COUNT)
		core_end_dropped(c, p, reason);
	else if (is_redirect(p) && origin != ZONE_SELF)
		core_end_dropped(c, p, FW_DROP_ICMP_NO_SESSION);
	else if (origin == ZONE_SELF) {
		translate_error(c, p, &v);
		core_end_punted(c, p, p->interface);
	} else {
		by_route(c, p, &v, origin);
	}
}

void icmp_error_of_host(struct core *c, struct packet *p)
{
	uint32_t index;
	struct judgement j;
	if (find_session(c, p, &index) != FW_DROP_COUNT)
		return; // about something that has no session
	struct session_view v = session_view(c, p->family, index);
	if (v.line[0]->epoch != c->epoch && judge_session(c, &v, &j) != FATE_CONFIRMED)
		return;
	if (v.line[v.direction]->in_zone == ZONE_SELF)
		translate_error(c, p, &v);
}
