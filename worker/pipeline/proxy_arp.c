// SPDX-License-Identifier: Apache-2.0
#include "pipeline/proxy_arp.h"

#include "nat/proxy.h"
#include "nat/rows.h"
#include "pipeline/forward.h"

enum { ARP_LENGTH = 28, ARP_REQUEST = 1, ARP_REPLY = 2 };
enum { ANNOUNCE_TURN = 16, ANNOUNCE_MAX = 1024 }; // in one turn; addresses of an interface

static const uint8_t ethernet_ipv4[6] = {0, 1, 0x08, 0, 6, 4};

static void send(struct core *c, uint16_t interface, uint16_t tci, uint16_t operation,
		 const uint8_t address[4], const uint8_t target_mac[6], const uint8_t target[4])
{
	static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct interface *out = &c->tables->interfaces[interface];
	struct packet packet, *p = &packet;
	struct rte_mbuf *mbuf = core_originate(c);
	if (mbuf == NULL)
		return;
	packet_start(p, mbuf);
	p->own = true;
	p->tci = tci;
	p->ip_length = ARP_LENGTH;
	uint8_t *arp = (uint8_t *)rte_pktmbuf_append(mbuf, ARP_LENGTH);
	if (arp == NULL) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
		return;
	}
	p->ip = arp;
	memcpy(arp, ethernet_ipv4, sizeof(ethernet_ipv4));
	write16(arp + 6, operation);
	memcpy(arp + 8, out->mac, 6);
	memcpy(arp + 14, address, 4);
	memcpy(arp + 18, target_mac, 6);
	memcpy(arp + 24, target, 4);
	if (!forward_write_frame(c, p, interface, operation == ARP_REPLY ? target_mac : everybody,
				 RTE_ETHER_TYPE_ARP)) {
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
		return;
	}
	core_end_forwarded(c, p, interface);
}

static bool is_request(const uint8_t *arp)
{
	return memcmp(arp, ethernet_ipv4, sizeof(ethernet_ipv4)) == 0 &&
	       read16(arp + 6) == ARP_REQUEST && (arp[8] & 1) == 0 &&
	       memcmp(arp + 14, arp + 24, 4) != 0; // not somebody's own announcement
}

bool proxy_arp_packet(struct core *c, struct packet *p)
{
	const uint8_t *arp = p->ip;
	if (p->family != 0 || c->tables->nat == NULL || !is_request(arp) ||
	    !nat_proxies(c->tables->nat, p->interface, arp + 24))
		return false;
	send(c, p->interface, p->tci, ARP_REPLY, arp + 24, arp + 8, arp + 14);
	core_end_consumed(c, p);
	return true;
}

static bool same_spans(const struct nat_proxy *a, const struct nat_proxy *b)
{
	return a->count == b->count &&
	       (a->count == 0 || memcmp(a->spans, b->spans, a->count * sizeof(*a->spans)) == 0);
}

void proxy_arp_compare(struct core *c, const struct tables *next)
{
	const struct nat *old = c->tables != NULL ? c->tables->nat : NULL;
	memset(c->announce.waiting, 0, sizeof(c->announce.waiting));
	c->announce.interface = c->announce.number = 0;
	c->announce.running = c->config.announce && next->nat != NULL;
	for (uint32_t row = 0; next->nat != NULL && row < next->interface_count; row++) {
		uint16_t before = old == NULL ? ROW_NONE
					      : interface_row(&c->interfaces,
							      next->interfaces[row].name_id);
		c->announce.waiting[row] =
		    before == ROW_NONE ||
		    !same_spans(&old->proxies[before], &next->nat->proxies[row]);
	}
}

void proxy_arp_turn(struct core *c)
{
	static const uint8_t nobody[6];
	struct announce *a = &c->announce;
	if (!a->running || c->tables == NULL || c->tables->nat == NULL || a->at == c->now)
		return;
	a->at = c->now;
	for (unsigned sent = 0; sent < ANNOUNCE_TURN;) {
		if (a->interface >= c->tables->interface_count) {
			a->running = false;
			return;
		}
		const struct nat_proxy *proxy = &c->tables->nat->proxies[a->interface];
		if (!a->waiting[a->interface] || a->number >= proxy->addresses ||
		    a->number >= ANNOUNCE_MAX) {
			a->waiting[a->interface++] = false;
			a->number = 0;
			continue;
		}
		uint8_t address[4];
		nat_store(address, nat_proxy_address(proxy, a->number++));
		send(c, (uint16_t)a->interface, 0, ARP_REQUEST, address, nobody, address);
		sent++;
	}
}

void core_announce(struct core *c, uint32_t port)
{
	for (uint32_t row = 0; c->tables != NULL && row < c->tables->interface_count; row++)
		if (c->tables->interfaces[row].port == port)
			c->announce.waiting[row] = true;
	c->announce.interface = c->announce.number = 0;
	c->announce.running = c->config.announce;
}
