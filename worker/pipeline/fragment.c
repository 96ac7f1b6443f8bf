// SPDX-License-Identifier: Apache-2.0
#include "pipeline/steer_core.h"
#include "pipeline/fragment.h"

#include <netinet/in.h>
#include "pipeline/flow.h"
#include "pipeline/fragment_hold.h"

#define NONE FRAGMENT_NONE_ROW

static struct fragment_key key_of(const struct core *c, const struct packet *p)
{
	struct fragment_key key = {.id = p->part.id,
				   .vrf = p->vrf,
				   .zone = p->zone == ZONE_SELF ? UINT32_MAX
								: c->fragments.zone_ids[p->zone],
				   .family = p->family,
				   .protocol = p->family == 4 ? p->protocol : 0};
	memcpy(key.source, packet_source(p), p->family == 4 ? 4 : 16);
	memcpy(key.destination, packet_destination(p), p->family == 4 ? 4 : 16);
	return key;
}

// What the later pieces have from the first.
static void note_first(struct datagram *d, const struct packet *p)
{
	struct fragment_first *f = &d->first;
	f->source_port_be = p->family == 4 ? p->key4.source_port_be : p->key6.source_port_be;
	f->destination_port_be =
	    p->family == 4 ? p->key4.destination_port_be : p->key6.destination_port_be;
	f->icmp_type = p->icmp_type;
	f->icmp_kind = p->icmp_kind;
	f->protocol = p->protocol;
	f->lane = p->part.lane;
	if (p->protocol == IPPROTO_TCP && f->lane == LANE_FLOW) {
		const uint8_t *l4 = p->ip + p->l4;
		struct tcp_segment g = tcp_segment_read(l4, 0); // end: behind SYN and FIN
		uint32_t start = (uint32_t)p->ip_length - p->part.length;
		f->fin = l4[13] & 1;
		f->tcp_seq = g.end - f->fin;
		f->header = (uint16_t)(p->l4 - start + (l4[12] >> 4) * 4u);
	}
}

// The sender of a TCP segment has come as far as the pieces that have passed.
static void note_tcp(struct core *c, struct packet *p, const struct datagram *d)
{
	const struct fragment_first *f = &d->first;
	uint32_t data = (uint32_t)p->part.at + p->part.length - f->header;
	uint32_t end = f->tcp_seq + data + (p->part.more ? 0 : f->fin);
	uint32_t index = packet_find_again(c, p);
	if (index == FW_NO_INDEX)
		return;
	struct session_view v = session_view(c, p->family, index);
	struct fw_tcp_side *side = &v.track->side[v.direction];
	if (tcp_after(end, side->end))
		side->end = end;
}

static void take_first(struct packet *p, const struct datagram *d)
{
	const struct fragment_first *f = &d->first;
	p->protocol = f->protocol;
	p->icmp_type = f->icmp_type;
	p->icmp_kind = f->icmp_kind;
	p->part.lane = f->lane;
	if (p->family == 4) {
		p->key4.protocol = f->protocol;
		p->key4.source_port_be = f->source_port_be;
		p->key4.destination_port_be = f->destination_port_be;
	} else {
		p->key6.protocol = f->protocol;
		p->key6.source_port_be = f->source_port_be;
		p->key6.destination_port_be = f->destination_port_be;
	}
}

void fragment_continue(struct core *c, struct packet *p)
{
	p->lane = p->part.lane;
	switch ((enum lane)p->lane) {
	case LANE_FLOW:
		if (c->config.cores > 1 && steer_keyed_away(c, p))
			break;
		packet_hash(c, p);
		flow_packet(c, p);
		break;
	case LANE_ICMP_ONCE:
		admit_flows(c, &p, 1);
		break;
	case LANE_GROUP:
		host_group(c, p);
		break;
	case LANE_KERNEL:
		core_end_punted(c, p, p->interface);
		break;
	case LANE_DROP:
		core_end_dropped(c, p, (enum fw_drop)p->reason);
		break;
	case LANE_ICMP_ERROR: // quote no more than fits
		core_end_dropped(c, p, FW_DROP_ICMP_ERROR_INVALID);
		break;
	case LANE_DISCOVERY: // RFC 6980
	case LANE_FRAGMENT:
		core_end_dropped(c, p, FW_DROP_FRAGMENT_INVALID);
		break;
	}
}

static void continue_later(struct core *c, struct packet *p, const struct datagram *d)
{
	if (d->state != DATAGRAM_ADMITTED) {
		core_end_dropped(c, p, FW_DROP_FRAGMENT_DENIED);
		return;
	}
	take_first(p, d);
	p->end.outcome = OUTCOME_CONSUMED; // unless it ends now
	fragment_continue(c, p);
	if (p->protocol == IPPROTO_TCP && d->first.lane == LANE_FLOW &&
	    p->end.outcome != OUTCOME_DROPPED)
		note_tcp(c, p, d);
}

// The first piece decides for all.
static void judge_first(struct core *c, struct packet *p, struct datagram *d)
{
	struct packet held;
	note_first(d, p);
	p->end.outcome = OUTCOME_CONSUMED; // unless it ends now
	fragment_continue(c, p);
	d->state = p->end.outcome == OUTCOME_DROPPED ? DATAGRAM_DENIED : DATAGRAM_ADMITTED;
	while (fragment_take_held(c, d, &held))
		continue_later(c, &held, d);
}

static void refuse(struct core *c, struct packet *p, struct datagram *d)
{
	struct packet held;
	enum fw_drop reason = (enum fw_drop)d->reason;
	core_end_dropped(c, p, reason);
	while (fragment_take_held(c, d, &held))
		core_end_dropped(c, &held, reason);
}

static void taken(struct core *c, struct packet *p, uint32_t row)
{
	struct datagram *d = &c->fragments.table.datagrams[row];
	if (p->fragment == FRAGMENT_FIRST)
		judge_first(c, p, d);
	else if (d->state == DATAGRAM_WAITING)
		fragment_hold(c, p, d);
	else
		continue_later(c, p, d);
	if (fragment_is_complete(d) && d->held_count == 0)
		fragment_table_remove(&c->fragments.table, row);
}

void fragment_packet(struct core *c, struct packet *p)
{
	struct fragments *f = &c->fragments;
	struct fragment_key key = key_of(c, p);
	uint32_t row;
	switch (fragment_table_add(&f->table, &key, &p->part, c->now, &row)) {
	case FRAGMENT_TAKEN:
		taken(c, p, row);
		break;
	case FRAGMENT_COPY:
		core_end_dropped(c, p, FW_DROP_FRAGMENT_DUPLICATE);
		break;
	case FRAGMENT_REFUSED:
		refuse(c, p, &f->table.datagrams[row]);
		break;
	case FRAGMENT_FULL:
		core_end_dropped(c, p, FW_DROP_FRAGMENT_TABLE_FULL);
		break;
	case FRAGMENT_TOO_MANY:
		core_end_dropped(c, p, FW_DROP_FRAGMENT_SOURCE_LIMIT);
		break;
	}
}

bool fragment_note_own(struct core *c, const struct packet *p)
{
	struct fragment_table *t = &c->fragments.table;
	struct fragment_key key = key_of(c, p);
	uint32_t row;
	switch (fragment_table_add(t, &key, &p->part, c->now, &row)) {
	case FRAGMENT_TAKEN:
		note_first(&t->datagrams[row], p);
		t->datagrams[row].state = DATAGRAM_ADMITTED;
		return true;
	case FRAGMENT_COPY:
		return true;
	default:
		return false;
	}
}

bool fragment_take_own(struct core *c, struct packet *p)
{
	struct fragment_table *t = &c->fragments.table;
	struct fragment_key key = key_of(c, p);
	uint32_t row = fragment_table_find(t, &key);
	if (row == NONE)
		return false;
	take_first(p, &t->datagrams[row]);
	if (fragment_table_add(t, &key, &p->part, c->now, &row) == FRAGMENT_TAKEN &&
	    fragment_is_complete(&t->datagrams[row]))
		fragment_table_remove(t, row);
	return true;
}
