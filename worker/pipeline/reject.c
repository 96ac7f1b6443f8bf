// SPDX-License-Identifier: Apache-2.0
#include "pipeline/reject.h"

#include <netinet/in.h>
#include "nat/rewrite.h"
#include "pipeline/address.h"
#include "pipeline/answer.h"
#include "pipeline/checksum.h"
#include "pipeline/session_step.h"

enum { TCP_RST_FLAG = 0x04, TCP_ACK_FLAG = 0x10 };
// Type << 8 | code.
enum {
	ICMP4_NET_UNREACHABLE = 3 << 8,
	ICMP4_HOST_UNREACHABLE = 3 << 8 | 1,
	ICMP4_FRAG_NEEDED = 3 << 8 | 4,
	ICMP4_PROHIBITED = 3 << 8 | 13,
	ICMP4_TIME_EXCEEDED = 11 << 8,
	ICMP4_PARAMETER = 12 << 8,
	ICMP6_NO_ROUTE = 1 << 8,
	ICMP6_PROHIBITED = 1 << 8 | 1,
	ICMP6_ADDRESS_UNREACHABLE = 1 << 8 | 3,
	ICMP6_TOO_BIG = 2 << 8,
	ICMP6_TIME_EXCEEDED = 3 << 8,
	ICMP6_PARAMETER = 4 << 8,
	ICMP6_INCOMPLETE_CHAIN = 3 // a code of it
};
enum {
	ERROR4_LIMIT = 576,
	ERROR6_LIMIT = 1280
}; // bytes of the whole error packet (RFC 1812 4.3.2.3, RFC 4443 2.4)

static bool may_answer(const struct packet *p)
{
	if (p->interface == ROW_NONE || p->l2_group || p->fragment == FRAGMENT_LATER || p->lane == LANE_ICMP_ERROR ||
	    p->lane == LANE_GROUP || p->lane == LANE_DISCOVERY)
		return false;
	const uint8_t *station = packet_l2(p) + 6;
	if (station[0] & 1 ||
	    (station[0] | station[1] | station[2] | station[3] | station[4] | station[5]) == 0)
		return false;
	if (p->family == 4)
		return !address4_is_group(p->key4.source) && !address4_is_martian(p->key4.source) &&
		       !address4_is_group(p->key4.destination);
	return !address6_is_group(p->key6.source) && !address6_is_martian(p->key6.source) &&
	       !address6_is_group(p->key6.destination);
}

// RFC 9293 3.10.7.1: an acknowledged segment is answered at its own acknowledgment, any other with
// everything it sent acknowledged.
static void send_reset(struct core *c, struct packet *p)
{
	const uint8_t *l4 = p->ip + p->l4;
	uint32_t header = p->family == 4 ? 20 : 40;
	struct packet answer;
	if (p->tcp_class == TCP_RST || !reject_take(c, p->interface) ||
	    !answer_start(c, p, &answer, header + 20))
		return;
	uint8_t *tcp = answer_write_ip(&answer, IPPROTO_TCP, packet_destination(p), packet_source(p));
	memset(tcp, 0, 20);
	memcpy(tcp, l4 + 2, 2);
	memcpy(tcp + 2, l4, 2);
	tcp[12] = 5 << 4;
	if (l4[13] & TCP_ACK_FLAG) {
		memcpy(tcp + 4, l4 + 8, 4);
		tcp[13] = TCP_RST_FLAG;
	} else {
		write32(tcp + 8, packet_segment(p).end);
		tcp[13] = TCP_RST_FLAG | TCP_ACK_FLAG;
	}
	checksum_store(tcp + 16, checksum_add(answer_pseudo_sum(&answer, IPPROTO_TCP, 20), tcp, 20));
	answer_send(c, p, &answer);
}

// What waited for its next hop has been translated; its sender knows it by its key.
static void untranslate(const struct packet *p, uint8_t *quote, uint32_t length)
{
	if (p->family != 4 || p->lane != LANE_FLOW || memcmp(quote + 9, &p->key4.protocol, 1) != 0)
		return;
	struct rewrite_tuple sent = {.source_port_be = p->key4.source_port_be,
				     .destination_port_be = p->key4.destination_port_be};
	memcpy(sent.source, p->key4.source, 4);
	memcpy(sent.destination, p->key4.destination, 4);
	bool ports = p->protocol == IPPROTO_TCP || p->protocol == IPPROTO_UDP;
	const uint8_t *l4 = p->ip + p->l4;
	if (memcmp(quote + 12, sent.source, 8) != 0 ||
	    (ports && memcmp(l4, &sent.source_port_be, 4) != 0) ||
	    (p->protocol == IPPROTO_ICMP && memcmp(l4 + 4, &sent.source_port_be, 2) != 0))
		rewrite_quote4(quote, length, &sent);
}

static void send_error(struct core *c, struct packet *p, uint8_t type, uint8_t code,
		       uint32_t parameter)
{
	uint32_t header = p->family == 4 ? 20 : 40,
		 limit = p->family == 4 ? ERROR4_LIMIT : ERROR6_LIMIT;
	uint32_t quote = limit - header - 8;
	uint8_t source[16];
	struct packet answer;
	if (quote > p->ip_length)
		quote = p->ip_length;
	if (!may_answer(p) || !answer_source(c, p, source) || !reject_take(c, p->interface) ||
	    !answer_start(c, p, &answer, header + 8 + quote))
		return;
	uint8_t protocol = p->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint8_t *icmp = answer_write_ip(&answer, protocol, source, packet_source(p));
	memset(icmp, 0, 8);
	icmp[0] = type;
	icmp[1] = code;
	write32(icmp + 4, parameter);
	memcpy(icmp + 8, p->ip, quote);
	untranslate(p, icmp + 8, quote);
	uint16_t length = (uint16_t)(8 + quote);
	uint64_t sum = p->family == 4 ? 0 : answer_pseudo_sum(&answer, protocol, length);
	checksum_store(icmp + 2, checksum_add(sum, icmp, length));
	answer_send(c, p, &answer);
}

// A message of each family that means the same.
static void send_either(struct core *c, struct packet *p, uint16_t icmp4, uint16_t icmp6)
{
	uint16_t message = p->family == 4 ? icmp4 : icmp6;
	send_error(c, p, (uint8_t)(message >> 8), (uint8_t)message, 0);
}

static void reject_policy(struct core *c, struct packet *p)
{
	if (p->protocol != IPPROTO_TCP)
		send_either(c, p, ICMP4_PROHIBITED, ICMP6_PROHIBITED);
	else if (may_answer(p))
		send_reset(c, p);
}

void reject_drop(struct core *c, struct packet *p, enum fw_drop reason)
{
	switch (reason) {
	case FW_DROP_POLICY_REJECT:
	case FW_DROP_DEFAULT_REJECT:
		reject_policy(c, p);
		break;
	case FW_DROP_NO_ROUTE:
		send_either(c, p, ICMP4_NET_UNREACHABLE, ICMP6_NO_ROUTE);
		break;
	case FW_DROP_ROUTE_UNREACHABLE:
	case FW_DROP_NEIGHBOR_UNRESOLVED:
		send_either(c, p, ICMP4_HOST_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE);
		break;
	case FW_DROP_ROUTE_PROHIBIT:
		send_either(c, p, ICMP4_PROHIBITED, ICMP6_PROHIBITED);
		break;
	case FW_DROP_TTL_EXPIRED:
		send_either(c, p, ICMP4_TIME_EXCEEDED, ICMP6_TIME_EXCEEDED);
		break;
	default:
		break;
	}
	core_end_dropped(c, p, reason);
}

void reject_mtu(struct core *c, struct packet *p, uint16_t mtu)
{
	if (p->family == 4)
		send_error(c, p, ICMP4_FRAG_NEEDED >> 8, ICMP4_FRAG_NEEDED & 0xff, mtu);
	else
		send_error(c, p, ICMP6_TOO_BIG >> 8, 0, mtu);
	core_end_dropped(c, p, FW_DROP_MTU_EXCEEDED);
}

// What is wrong has been found before the addresses were looked at.
static void take_addresses(struct packet *p)
{
	if (p->family == 4) {
		memset(&p->key4, 0, sizeof(p->key4));
		memcpy(p->key4.source, p->ip + 12, 8);
	} else {
		memset(&p->key6, 0, sizeof(p->key6));
		memcpy(p->key6.source, p->ip + 8, 32);
	}
}

void reject_malformed(struct core *c, struct packet *p)
{
	enum fw_drop reason = (enum fw_drop)p->reason;
	bool option = p->family == 4 && reason == FW_DROP_IP_HEADER_INVALID;
	bool header = p->family == 6 && (reason == FW_DROP_EXTENSION_HEADERS ||
					 reason == FW_DROP_FRAGMENT_INVALID);
	if (option) {
		take_addresses(p);
		send_error(c, p, ICMP4_PARAMETER >> 8, 0, (uint32_t)p->l4 << 24);
	} else if (header) {
		take_addresses(p);
		send_error(c, p, ICMP6_PARAMETER >> 8, 0, p->l4);
	} else if (p->family == 6 && reason == FW_DROP_FRAGMENT_TINY) {
		take_addresses(p);
		send_error(c, p, ICMP6_PARAMETER >> 8, ICMP6_INCOMPLETE_CHAIN, 0); // RFC 7112
	}
	core_end_dropped(c, p, reason);
}
