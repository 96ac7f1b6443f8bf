// SPDX-License-Identifier: Apache-2.0
// What an ICMP error quotes: the start of a packet that went the other way. It may be cut short and
// its checksums may be stale, so only what a session key needs is read: the IP header and eight
// bytes behind it.
#include <netinet/in.h>
#include "pipeline/parse.h"

static bool set_quoted_ports(struct packet *q, const uint8_t *l4)
{
	bool icmp = q->protocol == (q->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (icmp) {
		uint8_t type = l4[0];
		bool query = q->family == 4 ? type == 8 || type == 0 || type == 13 || type == 14
					    : type == 128 || type == 129;
		if (!query)
			return false;
	} else if (q->protocol != IPPROTO_TCP && q->protocol != IPPROTO_UDP &&
		   q->protocol != IPPROTO_SCTP) {
		return true; // by address pair
	}
	const uint8_t *source = icmp ? l4 + 4 : l4, *destination = icmp ? l4 + 4 : l4 + 2;
	if (q->family == 4) {
		memcpy(&q->key4.source_port_be, source, 2);
		memcpy(&q->key4.destination_port_be, destination, 2);
	} else {
		memcpy(&q->key6.source_port_be, source, 2);
		memcpy(&q->key6.destination_port_be, destination, 2);
	}
	return true;
}

static bool parse_quote4(const uint8_t *ip, uint32_t left, struct packet *q)
{
	if (left < 20 || ip[0] >> 4 != 4)
		return false;
	uint32_t header = (ip[0] & 0x0fu) * 4;
	if (header < 20 || header > left || left - header < 8 || (read16(ip + 6) & 0x1fff) != 0)
		return false;
	memset(&q->key4, 0, sizeof(q->key4));
	q->key4.vrf = q->vrf;
	memcpy(q->key4.source, ip + 12, 8);
	q->protocol = q->key4.protocol = ip[9];
	return set_quoted_ports(q, ip + header);
}

static bool parse_quote6(const uint8_t *ip, uint32_t left, struct packet *q)
{
	struct extensions e;
	if (left < 40 || ip[0] >> 4 != 6)
		return false;
	memset(&q->key6, 0, sizeof(q->key6));
	q->key6.vrf = q->vrf;
	memcpy(q->key6.source, ip + 8, 32);
	if (parse_extensions(ip, left, &e) != FW_DROP_COUNT || left - e.l4 < 8 ||
	    (e.fragment != 0 && (read16(ip + e.fragment + 2) & 0xfff8) != 0))
		return false;
	q->protocol = q->key6.protocol = e.protocol;
	return set_quoted_ports(q, ip + e.l4);
}

bool parse_quote(const struct packet *error, struct packet *quoted)
{
	const uint8_t *ip = error->ip + error->l4 + 8;
	uint32_t left = (uint32_t)error->ip_length - error->l4 - 8u;
	quoted->family = error->family;
	return error->family == 4 ? parse_quote4(ip, left, quoted) : parse_quote6(ip, left, quoted);
}
