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

static void from_host(struct core *c, uint16_t interface, struct rte_mbuf *mbuf, bool passed)
{
	struct packet packet, *p = &packet;
	packet_start(p, mbuf);
	p->lane = LANE_KERNEL;
	if (!passed) {
		c->config.counters->received++;
		c->config.counters->received_bytes += rte_pktmbuf_pkt_len(mbuf);
	}
	if (unlikely(c->tables == NULL)) {
		core_end_dropped(c, p, FW_DROP_NO_GENERATION);
		return;
	}
	if (unlikely(interface >= c->tables->interface_count)) {
		core_end_dropped(c, p, FW_DROP_VLAN_UNKNOWN);
		return;
	}
	if (!passed)
		c->config.interfaces[interface].from_host++;
	if (unlikely(rte_pktmbuf_linearize(mbuf) != 0)) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
		return;
	}
	mbuf->ol_flags &= ~RTE_MBUF_F_RX_VLAN_STRIPPED; // a TAP knows no tags
	p->vrf = c->tables->interfaces[interface].vrf;
	parse_host_frame(p);
	if (p->lane == LANE_DROP) {
		core_end_dropped(c, p, (enum fw_drop)p->reason);
		return;
	}
	if (c->config.cores > 1 && !passed && p->lane == LANE_FLOW &&
	    steer_host_away(c, p, interface))
		return;
	p->end.out_interface = interface;
	p->end.to_zone = c->tables->interfaces[interface].zone;
	if (p->lane == LANE_FLOW)
		note_flow(c, p, interface);
	if (insert_tag(p, c->tables->interfaces[interface].vlan))
		core_end_forwarded(c, p, interface);
	else
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
}

void core_from_host(struct core *c, uint32_t interface, struct rte_mbuf **burst, unsigned count)
{
	core_refresh(c);
	for (unsigned i = 0; i < count; i++)
		from_host(c, (uint16_t)interface, burst[i], false);
	core_flush(c);
}

void host_from_core(struct core *c, uint16_t interface, struct rte_mbuf *mbuf)
{
	core_refresh(c);
	from_host(c, interface, mbuf, true);
	core_flush(c);
}
