// SPDX-License-Identifier: Apache-2.0
// TCP, UDP, SCTP, ICMP and ICMPv6 headers: pseudo-ports of the key, class of a segment, kind of a
// message.
#include <netinet/in.h>
#include "pipeline/parse.h"

enum { ICMP6_RA_FIRST = 133, ICMP6_REDIRECT = 137, HOP_LIMIT_ON_LINK = 255 };

static void drop(struct packet *p, enum fw_drop reason)
{
	p->lane = LANE_DROP;
	p->reason = (uint8_t)reason;
}

static void set_ports(struct packet *p, const uint8_t *source, const uint8_t *destination)
{
	if (p->family == 4) {
		memcpy(&p->key4.source_port_be, source, 2);
		memcpy(&p->key4.destination_port_be, destination, 2);
	} else {
		memcpy(&p->key6.source_port_be, source, 2);
		memcpy(&p->key6.destination_port_be, destination, 2);
	}
}

// Ports of TCP, UDP and SCTP. Port 0 is nobody's.
static bool take_ports(struct packet *p, const uint8_t *l4)
{
	if (read16(l4) == 0 || read16(l4 + 2) == 0) {
		drop(p, FW_DROP_L4_INVALID);
		return false;
	}
	set_ports(p, l4, l4 + 2);
	return true;
}

static void parse_tcp(struct packet *p, const uint8_t *l4, uint32_t left)
{
	if (left < 20) {
		drop(p, FW_DROP_L4_TRUNCATED);
		return;
	}
	uint32_t header = (l4[12] >> 4) * 4u;
	if (header < 20) {
		drop(p, FW_DROP_L4_INVALID);
		return;
	}
	if (header > left) {
		drop(p, FW_DROP_L4_TRUNCATED);
		return;
	}
	if (!take_ports(p, l4))
		return;
	p->tcp_class = (uint8_t)tcp_classify(l4[13]);
	if (p->tcp_class == TCP_INVALID)
		drop(p, FW_DROP_TCP_FLAGS_INVALID);
}

static void parse_udp(struct packet *p, const uint8_t *l4, uint32_t left)
{
	if (left < 8) {
		drop(p, FW_DROP_L4_TRUNCATED);
		return;
	}
	uint16_t length = read16(l4 + 4);
	if (length < 8 || (length > left && p->fragment == FRAGMENT_NONE))
		drop(p, FW_DROP_L4_INVALID);
	else
		take_ports(p, l4);
}

static void parse_sctp(struct packet *p, const uint8_t *l4, uint32_t left)
{
	if (left < 12)
		drop(p, FW_DROP_L4_TRUNCATED);
	else
		take_ports(p, l4);
}

static enum icmp_kind query_kind(uint8_t family, uint16_t type)
{
	if (family == 6)
		return type == 128 << 8   ? ICMP_KIND_ECHO
		       : type == 129 << 8 ? ICMP_KIND_ECHO_REPLY
					  : ICMP_KIND_NONE;
	switch (type) {
	case 8 << 8:
		return ICMP_KIND_ECHO;
	case 0 << 8:
		return ICMP_KIND_ECHO_REPLY;
	case 13 << 8:
		return ICMP_KIND_TIMESTAMP;
	case 14 << 8:
		return ICMP_KIND_TIMESTAMP_REPLY;
	default:
		return ICMP_KIND_NONE;
	}
}

static bool is_error(uint8_t family, uint8_t type)
{
	if (family == 6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static enum lane icmp_lane(const struct packet *p, uint8_t type)
{
	if (is_error(p->family, type))
		return LANE_ICMP_ERROR;
	if (p->icmp_kind != ICMP_KIND_NONE)
		return LANE_FLOW;
	if (p->family == 6 && type >= ICMP6_RA_FIRST && type <= ICMP6_REDIRECT)
		return LANE_DISCOVERY;
	if (p->family == 6 && ((type >= 130 && type <= 132) || type == 143) &&
	    p->key6.destination[0] == 0xff)
		return LANE_KERNEL; // multicast listeners
	return LANE_ICMP_ONCE;
}

static void parse_icmp(struct packet *p, const uint8_t *l4, uint32_t left)
{
	if (left < 8) {
		drop(p, FW_DROP_L4_TRUNCATED);
		return;
	}
	p->icmp_type = read16(l4);
	p->icmp_kind = (uint8_t)query_kind(p->family, p->icmp_type);
	p->lane = (uint8_t)icmp_lane(p, l4[0]);
	if (p->lane == LANE_FLOW)
		set_ports(p, l4 + 4, l4 + 4); // the identifier
}

void parse_transport(struct packet *p)
{
	const uint8_t *l4 = p->ip + p->l4;
	uint32_t left = (uint32_t)p->ip_length - p->l4;
	p->lane = LANE_FLOW;
	switch (p->protocol) {
	case IPPROTO_TCP:
		parse_tcp(p, l4, left);
		break;
	case IPPROTO_UDP:
		parse_udp(p, l4, left);
		break;
	case IPPROTO_SCTP:
		parse_sctp(p, l4, left);
		break;
	case IPPROTO_ICMP:
		if (p->family == 4)
			parse_icmp(p, l4, left);
		break;
	case IPPROTO_ICMPV6:
		if (p->family == 6)
			parse_icmp(p, l4, left);
		break;
	default:
		break; // by address pair
	}
}
