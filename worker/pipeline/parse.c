// SPDX-License-Identifier: Apache-2.0
// Ethernet, 802.1Q and the IP headers. Lengths are compared as "bytes left", never by adding to
// what a packet claims.
#include "pipeline/parse.h"

#include <netinet/in.h>
#include "pipeline/address.h"
#include "pipeline/checksum.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd
};
enum { L2_PLAIN = 14, L2_TAGGED = 18, ARP_LENGTH = 28 };

static void drop(struct packet *p, enum fw_drop reason)
{
	p->lane = LANE_DROP;
	p->reason = (uint8_t)reason;
}

// Options: walks them all, so that a length that lies is found; refuses source routes. What is wrong
// is where p->l4 points, for the sender to be told.
static enum fw_drop check_options4(struct packet *p, unsigned header)
{
	const uint8_t *ip = p->ip;
	enum { END = 0, NOP = 1, LOOSE_SOURCE_ROUTE = 131, STRICT_SOURCE_ROUTE = 137 };
	unsigned at = 20;
	while (at < header) {
		uint8_t option = ip[at];
		if (option == END)
			break;
		if (option == LOOSE_SOURCE_ROUTE || option == STRICT_SOURCE_ROUTE)
			return FW_DROP_SOURCE_ROUTE;
		if (option == NOP) {
			at++;
			continue;
		}
		if (header - at < 2 || ip[at + 1] < 2 || ip[at + 1] > header - at) {
			p->family = 4;
			p->l4 = (uint16_t)at;
			return FW_DROP_IP_HEADER_INVALID;
		}
		at += ip[at + 1];
	}
	return FW_DROP_COUNT;
}

static enum fw_drop check_header4(struct packet *p, uint32_t left)
{
	const uint8_t *ip = p->ip;
	if (left < 20)
		return FW_DROP_IP_TRUNCATED;
	unsigned header = (ip[0] & 0x0fu) * 4;
	if (ip[0] >> 4 != 4 || header < 20)
		return FW_DROP_IP_HEADER_INVALID;
	if (header > left)
		return FW_DROP_IP_TRUNCATED;
	uint16_t total = read16(ip + 2);
	if (total < header)
		return FW_DROP_IP_HEADER_INVALID;
	if (total > left)
		return FW_DROP_IP_TRUNCATED;
	if (!checksum_ok(ip, header))
		return FW_DROP_IP_CHECKSUM_BAD;
	p->ip_length = total;
	p->l4 = (uint16_t)header;
	p->protocol = ip[9];
	return header == 20 ? FW_DROP_COUNT : check_options4(p, header);
}

// Who may send from 0.0.0.0: a DHCP client.
static bool is_dhcp_client4(const struct packet *p)
{
	return p->protocol == IPPROTO_UDP && address4_is_zero(p->key4.source) &&
	       p->key4.source_port_be == rte_cpu_to_be_16(68) &&
	       p->key4.destination_port_be == rte_cpu_to_be_16(67);
}

static void check_addresses4(struct packet *p)
{
	const uint8_t *source = p->key4.source, *destination = p->key4.destination;
	if (p->lane == LANE_DROP)
		return;
	bool group = address4_is_group(destination);
	if (group && p->protocol == IPPROTO_IGMP) {
		p->lane = LANE_KERNEL;
		return;
	}
	if (address4_is_group(source) || (address4_is_martian(source) && !is_dhcp_client4(p)) ||
	    memcmp(source, destination, 4) == 0)
		drop(p, FW_DROP_SOURCE_INVALID);
	else if (address4_is_martian(destination))
		drop(p, FW_DROP_DESTINATION_INVALID);
	else if (group || p->l2_group)
		p->lane = LANE_GROUP;
}

static void parse_ip4(struct packet *p, uint32_t left)
{
	enum fw_drop reason = check_header4(p, left);
	if (reason != FW_DROP_COUNT) {
		drop(p, reason);
		return;
	}
	p->family = 4;
	memset(&p->key4, 0, sizeof(p->key4));
	p->key4.vrf = p->vrf;
	memcpy(p->key4.source, p->ip + 12, 8); // source and destination
	p->key4.protocol = p->protocol;
	if (unlikely((read16(p->ip + 6) & 0x3fff) != 0)) // more fragments, or an offset
		parse_fragment4(p);
	else
		parse_transport(p);
	check_addresses4(p);
	if (unlikely(p->fragment != FRAGMENT_NONE))
		parse_fragment_lane(p);
}

static enum fw_drop check_header6(struct packet *p, uint32_t left)
{
	const uint8_t *ip = p->ip;
	if (left < 40)
		return FW_DROP_IP_TRUNCATED;
	if (ip[0] >> 4 != 6)
		return FW_DROP_IP_HEADER_INVALID;
	uint32_t payload = read16(ip + 4);
	if (payload > left - 40)
		return FW_DROP_IP_TRUNCATED;
	if (payload > UINT16_MAX - 40)
		return FW_DROP_IP_HEADER_INVALID;
	p->ip_length = (uint16_t)(payload + 40);
	struct extensions e;
	enum fw_drop reason = parse_extensions(ip, p->ip_length, &e);
	p->protocol = e.protocol;
	p->l4 = (uint16_t)e.l4;
	if (unlikely(e.fragment != 0))
		reason = parse_fragment6(p, &e, reason);
	if (unlikely(reason != FW_DROP_COUNT))
		p->family = 6; // the sender is told, by p->l4
	return reason;
}

static void check_addresses6(struct packet *p)
{
	const uint8_t *source = p->key6.source, *destination = p->key6.destination;
	if (p->lane == LANE_DROP)
		return;
	// Discovery and listener reports may come from the unspecified address.
	bool link = p->lane == LANE_DISCOVERY || p->lane == LANE_KERNEL;
	if (address6_is_group(source) || memcmp(source, destination, 16) == 0 ||
	    (address6_is_martian(source) && !(link && address6_is_unspecified(source))))
		drop(p, FW_DROP_SOURCE_INVALID);
	else if (address6_is_martian(destination))
		drop(p, FW_DROP_DESTINATION_INVALID);
	else if (!link && (address6_is_group(destination) || p->l2_group))
		p->lane = LANE_GROUP;
}

static void parse_ip6(struct packet *p, uint32_t left)
{
	enum fw_drop reason = check_header6(p, left);
	if (reason != FW_DROP_COUNT) {
		drop(p, reason);
		return;
	}
	p->family = 6;
	memset(&p->key6, 0, sizeof(p->key6));
	p->key6.vrf = p->vrf;
	memcpy(p->key6.source, p->ip + 8, 32); // source and destination
	p->key6.protocol = p->protocol;
	if (unlikely(p->fragment != FRAGMENT_NONE))
		parse_fragment_transport(p);
	else
		parse_transport(p);
	check_addresses6(p);
	if (unlikely(p->fragment != FRAGMENT_NONE))
		parse_fragment_lane(p);
}

static void parse_payload(struct packet *p, uint16_t ethertype, uint32_t left)
{
	switch (ethertype) {
	case ETHERTYPE_IPV4:
		parse_ip4(p, left);
		break;
	case ETHERTYPE_IPV6:
		parse_ip6(p, left);
		break;
	case ETHERTYPE_ARP:
		if (left < ARP_LENGTH)
			drop(p, FW_DROP_FRAME_TRUNCATED);
		else
			p->lane = LANE_KERNEL;
		break;
	default:
		drop(p, FW_DROP_ETHERTYPE_UNSUPPORTED);
	}
}

// Reads Ethernet header and tag. A tag can also lie in the mbuf, where the NIC or the kernel put
// it.
static bool parse_ethernet(struct packet *p, uint16_t *ethertype)
{
	uint8_t *frame = rte_pktmbuf_mtod(p->mbuf, uint8_t *);
	uint32_t length = rte_pktmbuf_data_len(p->mbuf);
	if (length < L2_PLAIN) {
		drop(p, FW_DROP_FRAME_TRUNCATED);
		return false;
	}
	p->l2_length = L2_PLAIN;
	p->l2_group = (frame[0] & 1) != 0;
	*ethertype = read16(frame + 12);
	if (p->mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) {
		p->tci = p->mbuf->vlan_tci;
	} else if (*ethertype == ETHERTYPE_VLAN) {
		if (length < L2_TAGGED) {
			drop(p, FW_DROP_FRAME_TRUNCATED);
			return false;
		}
		p->l2_length = L2_TAGGED;
		p->tci = read16(frame + 14);
		*ethertype = read16(frame + 16);
	}
	p->ip = frame + p->l2_length;
	return true;
}

static bool find_interface(const struct tables *t, uint32_t port, bool any_mac, struct packet *p)
{
	const uint8_t *frame = packet_l2(p);
	uint16_t row =
	    port < t->port_count ? t->interface_by_vlan[port * 4096 + (p->tci & 0xfff)] : ROW_NONE;
	if (row == ROW_NONE) {
		drop(p, FW_DROP_VLAN_UNKNOWN);
		return false;
	}
	const struct interface *interface = &t->interfaces[row];
	p->interface = row;
	p->zone = interface->zone;
	p->vrf = interface->vrf;
	p->end.in_interface = row;
	p->end.from_zone = interface->zone;
	if (!p->l2_group && !any_mac && memcmp(frame, interface->mac, 6) != 0) {
		drop(p, FW_DROP_NOT_FOR_US);
		return false;
	}
	return true;
}

void parse_port_frame(const struct tables *t, uint32_t port, bool any_mac, struct packet *p)
{
	uint16_t ethertype;
	if (!parse_ethernet(p, &ethertype) || !find_interface(t, port, any_mac, p))
		return;
	parse_payload(p, ethertype, rte_pktmbuf_data_len(p->mbuf) - p->l2_length);
}

void parse_host_frame(struct packet *p)
{
	uint16_t ethertype;
	if (!parse_ethernet(p, &ethertype))
		return;
	p->tci = 0;
	p->lane = LANE_KERNEL;
	if (p->l2_length == L2_PLAIN)
		parse_payload(p, ethertype, rte_pktmbuf_data_len(p->mbuf) - p->l2_length);
	if (p->lane == LANE_FRAGMENT && p->fragment == FRAGMENT_FIRST)
		p->lane = p->part.lane; // opens the session of the datagram
	if (p->lane != LANE_FLOW &&
	    (p->lane != LANE_ICMP_ERROR || p->fragment != FRAGMENT_NONE))
		p->lane = LANE_KERNEL; // whatever the kernel sends is its own affair
}
