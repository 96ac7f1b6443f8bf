// SPDX-License-Identifier: Apache-2.0
#include "pipeline/forward.h"

#include "pipeline/fragment_send.h"
#include "pipeline/reject.h"

bool forward_check(struct core *c, struct packet *p, uint16_t interface)
{
	p->end.out_interface = interface;
	if (packet_ttl(p) <= 1) {
		reject_drop(c, p, FW_DROP_TTL_EXPIRED);
		return false;
	}
	uint16_t mtu = c->tables->interfaces[interface].mtu;
	if (unlikely(p->ip_length > mtu && mtu != 0) && !fragment_may_cut(p)) {
		reject_mtu(c, p, mtu);
		return false;
	}
	return true;
}

// Moves the start of the data so that exactly l2 bytes lie before the IP header, and cuts padding
// behind the packet.
static bool fit_l2(struct packet *p, uint16_t l2)
{
	if (l2 < p->l2_length) {
		rte_pktmbuf_adj(p->mbuf, (uint16_t)(p->l2_length - l2));
	} else if (l2 > p->l2_length) {
		if (rte_pktmbuf_prepend(p->mbuf, (uint16_t)(l2 - p->l2_length)) == NULL)
			return false;
	}
	p->l2_length = l2;
	uint32_t whole = (uint32_t)l2 + p->ip_length;
	if (rte_pktmbuf_pkt_len(p->mbuf) > whole)
		rte_pktmbuf_trim(p->mbuf, (uint16_t)(rte_pktmbuf_pkt_len(p->mbuf) - whole));
	return true;
}

bool forward_write_frame(const struct core *c, struct packet *p, uint16_t interface,
			 const uint8_t destination[6], uint16_t ethertype)
{
	const struct interface *out = &c->tables->interfaces[interface];
	if (!fit_l2(p, out->vlan != 0 ? 18 : 14))
		return false;
	uint8_t *frame = packet_l2(p);
	memcpy(frame, destination, 6);
	memcpy(frame + 6, out->mac, 6);
	if (out->vlan != 0) {
		write16(frame + 12, RTE_ETHER_TYPE_VLAN);
		write16(frame + 14, (uint16_t)((p->tci & 0xf000) | out->vlan));
		write16(frame + 16, ethertype);
	} else {
		write16(frame + 12, ethertype);
	}
	return true;
}

bool forward_write_l2(const struct core *c, struct packet *p, uint16_t interface,
		      const uint8_t destination[6])
{
	return forward_write_frame(c, p, interface, destination,
				   p->family == 4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6);
}

void forward_send(struct core *c, struct packet *p, uint16_t interface,
		  const uint8_t destination[6])
{
	uint16_t mtu = c->tables->interfaces[interface].mtu;
	if (unlikely(p->ip_length > mtu && mtu != 0)) {
		fragment_send(c, p, interface, destination);
		return;
	}
	if (unlikely(!forward_write_l2(c, p, interface, destination))) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
		return;
	}
	if (p->family == 4)
		checksum_decrement_ttl(p->ip);
	else
		p->ip[7]--;
	core_end_forwarded(c, p, interface);
}

uint32_t forward_to(struct core *c, struct packet *p, uint16_t interface,
		    const struct neighbor_key *next)
{
	uint8_t mac[6];
	uint32_t slot = neighbor_lookup(c->config.neighbors, next, mac);
	if (slot == FW_NO_INDEX) {
		hold_packet(c, p, next);
		return FW_NO_INDEX;
	}
	hold_release(c, next);
	forward_send(c, p, interface, mac);
	return slot;
}
