// SPDX-License-Identifier: Apache-2.0
#include "nat/rewrite.h"

// Delta of a run of 16-bit words.
static uint32_t delta_of(const void *before, const void *after, unsigned words)
{
	const uint8_t *a = before, *b = after;
	uint32_t sum = 0;
	for (unsigned i = 0; i < words; i++) {
		uint16_t x, y;
		memcpy(&x, a + i * 2, 2);
		memcpy(&y, b + i * 2, 2);
		sum += (uint16_t)~x + (uint32_t)y;
	}
	return sum;
}

void rewrite_prepare(struct fw_line4 *line)
{
	uint32_t addresses = delta_of(line->source, line->new_source, 4);
	uint32_t ports = 0;
	if (line->protocol == IPPROTO_ICMP)
		ports = delta_of(&line->source_port_be, &line->new_source_port_be, 1);
	else if (line->protocol == IPPROTO_TCP || line->protocol == IPPROTO_UDP)
		ports = addresses +
			delta_of(&line->source_port_be, &line->new_source_port_be, 2);
	line->l3_delta = rewrite_fold(addresses);
	line->l4_delta = rewrite_fold(ports);
}

// Offset of the checksum behind the ports; 0: none that covers them.
static unsigned checksum_at(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	case IPPROTO_ICMP:
		return 2;
	default:
		return 0;
	}
}

static void quote_ports(uint8_t *at, uint32_t left, uint8_t protocol, uint32_t addresses,
			const struct rewrite_tuple *to)
{
	unsigned sum_at = checksum_at(protocol);
	unsigned where = protocol == IPPROTO_ICMP ? 4 : 0, words = protocol == IPPROTO_ICMP ? 1 : 2;
	if (sum_at == 0 || left < where + words * 2)
		return;
	uint32_t delta = delta_of(at + where, &to->source_port_be, words);
	memcpy(at + where, &to->source_port_be, words * 2);
	if (left < sum_at + 2u)
		return;
	if (protocol == IPPROTO_UDP)
		rewrite_udp(at + sum_at, rewrite_fold(addresses + delta));
	else
		rewrite_field(at + sum_at,
			      rewrite_fold(protocol == IPPROTO_ICMP ? delta : addresses + delta));
}

void rewrite_quote4(uint8_t *ip, uint32_t left, const struct rewrite_tuple *to)
{
	if (left < 20)
		return;
	uint32_t header = (ip[0] & 0x0fu) * 4, addresses = delta_of(ip + 12, to->source, 4);
	bool first = (ip[6] & 0x1f) == 0 && ip[7] == 0;
	memcpy(ip + 12, to->source, 8);
	rewrite_field(ip + 10, rewrite_fold(addresses));
	if (first && header >= 20 && header < left)
		quote_ports(ip + header, left - header, ip[9], addresses, to);
}

_Static_assert(offsetof(struct rewrite_tuple, destination) == 4 &&
		   offsetof(struct rewrite_tuple, destination_port_be) == 10,
	       "compared as runs of words");
