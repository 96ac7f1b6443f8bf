// SPDX-License-Identifier: Apache-2.0
// Frames from the kernel. It chose interface and next hop, so they leave as they are, with the
// interface's tag. Unicast flows get a session, so that answers come back without any hostInbound;
// no policy ever judges them.
#include <string.h>
#include "pipeline/flow.h"
#include "pipeline/parse.h"
#include "pipeline/steer_core.h"

static void note_flow(struct core *c, struct packet *p, uint16_t interface)
{
	packet_hash(c, p);
	uint32_t index = packet_find_again(c, p);
	struct judgement j;
	if (index != FW_NO_INDEX) {
		struct session_view v = session_view(c, p->family, index);
		bool alive =
		    v.line[0]->epoch == c->epoch || judge_session(c, &v, &j) == FATE_CONFIRMED;
		struct session_step step =
		    alive ? session_ask(&v, p) : (struct session_step){.answer = SESSION_DROP};
		bool ours = alive && v.line[v.direction]->in_zone == ZONE_SELF;
		if (ours && (step.answer == SESSION_PASS || step.answer == SESSION_QUIET)) {
			session_describe(c, &v, p);
			session_commit(c, &v, p, step);
			translate_packet(c, p, v.number, v.direction);
			return;
		}
		if (!ours || step.answer != SESSION_REOPEN)
			return;
		session_end(c, v.family, v.number);
	}
	admit_own(c, p, interface);
}

// Of a datagram whose session may be translated: the later ones go like the first. False: there is no room, and without
// it they would leave with an address that nobody should see.
static bool know_fragment(struct core *c, struct packet *p)
{
	if (p->family != 4 || !c->translating)
		return true;
	if (p->fragment == FRAGMENT_FIRST && p->lane == LANE_FLOW)
		return fragment_note_own(c, p);
	if (p->fragment == FRAGMENT_LATER && fragment_take_own(c, p))
		p->lane = LANE_FLOW;
	return true;
}

static void follow_first(struct core *c, struct packet *p)
{
	packet_hash(c, p);
	uint32_t index = packet_find_again(c, p);
	if (index == FW_NO_INDEX)
		return;
	struct session_view v = session_view(c, 4, index);
	if (v.line[v.direction]->in_zone == ZONE_SELF)
		translate_packet(c, p, v.number, v.direction);
}

// What the kernel sends with NAT in mind: sessions, what is of them, and what speaks of them.
static void note(struct core *c, struct packet *p, uint16_t interface)
{
	if (p->lane == LANE_ICMP_ERROR)
		icmp_error_of_host(c, p);
	else if (p->lane == LANE_FLOW && p->fragment == FRAGMENT_LATER)
		follow_first(c, p);
	else if (p->lane == LANE_FLOW)
		note_flow(c, p, interface);
}

// Makes room for the interface's tag between the MAC addresses and the ethertype.
static bool insert_tag(struct packet *p, uint16_t vlan)
{
	if (vlan == 0)
		return true;
	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(p->mbuf, 4);
	if (frame == NULL)
		return false;
	memmove(frame, frame + 4, 12);
	write16(frame + 12, RTE_ETHER_TYPE_VLAN);
	write16(frame + 14, vlan);
	return true;
}

// What the frame is. False: it has ended.
static bool read_frame(struct core *c, struct packet *p, uint16_t interface)
{
	if (unlikely(rte_pktmbuf_linearize(p->mbuf) != 0)) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
		return false;
	}
	p->mbuf->ol_flags &= ~RTE_MBUF_F_RX_VLAN_STRIPPED; // a TAP knows no tags
	p->vrf = c->tables->interfaces[interface].vrf;
	parse_host_frame(p);
	if (p->lane == LANE_DROP)
		core_end_dropped(c, p, (enum fw_drop)p->reason);
	return p->lane != LANE_DROP;
}

// From the kernel itself, not from another core: counts it, and finds the core that owns it. False: it has ended or gone.
static bool receive(struct core *c, struct packet *p, uint16_t interface)
{
	c->config.interfaces[interface].from_host++;
	if (!read_frame(c, p, interface))
		return false;
	if (!know_fragment(c, p)) {
		core_end_dropped(c, p, FW_DROP_FRAGMENT_TABLE_FULL);
		return false;
	}
	return c->config.cores < 2 || p->lane == LANE_KERNEL || !steer_host_away(c, p, interface);
}

static bool is_known(struct core *c, struct packet *p, uint16_t interface)
{
	if (likely(c->tables != NULL && interface < c->tables->interface_count))
		return true;
	core_end_dropped(c, p, c->tables == NULL ? FW_DROP_NO_GENERATION : FW_DROP_VLAN_UNKNOWN);
	return false;
}

static void send_frame(struct core *c, struct packet *p, uint16_t interface)
{
	p->end.out_interface = interface;
	p->end.to_zone = c->tables->interfaces[interface].zone;
	note(c, p, interface);
	if (insert_tag(p, c->tables->interfaces[interface].vlan))
		core_end_forwarded(c, p, interface);
	else
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
}

void core_from_host(struct core *c, uint32_t interface, struct rte_mbuf **burst, unsigned count)
{
	struct packet p;
	core_refresh(c);
	for (unsigned i = 0; i < count; i++) {
		packet_start(&p, burst[i]);
		p.lane = LANE_KERNEL;
		c->config.counters->received++;
		c->config.counters->received_bytes += rte_pktmbuf_pkt_len(burst[i]);
		if (is_known(c, &p, (uint16_t)interface) && receive(c, &p, (uint16_t)interface))
			send_frame(c, &p, (uint16_t)interface);
	}
	core_flush(c);
}

void host_from_core(struct core *c, uint16_t interface, struct rte_mbuf *mbuf, enum steer_kind kind)
{
	struct packet p;
	core_refresh(c);
	packet_start(&p, mbuf);
	p.lane = LANE_KERNEL;
	if (is_known(c, &p, interface) && read_frame(c, &p, interface)) {
		if (kind == STEER_HOST_KEYED && steer_take_key(&p))
			p.lane = LANE_FLOW;
		send_frame(c, &p, interface);
	}
	core_flush(c);
}
