// SPDX-License-Identifier: Apache-2.0
#include "pipeline/reject.h"

#include <netinet/in.h>
#include "pipeline/address.h"
#include "pipeline/checksum.h"
#include "pipeline/forward.h"
#include "pipeline/session_step.h"

enum { TCP_RST_FLAG = 0x04, TCP_ACK_FLAG = 0x10, ERROR_TTL = 64 };
enum {
	ICMP4_UNREACHABLE = 3,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_FRAG_NEEDED = 4,
	ICMP4_PROHIBITED = 13
};
enum { ICMP6_UNREACHABLE = 1, ICMP6_TOO_BIG = 2, ICMP6_TIME_EXCEEDED = 3, ICMP6_PROHIBITED = 1 };
enum {
	ERROR4_LIMIT = 576,
	ERROR6_LIMIT = 1280
}; // bytes of the whole error packet (RFC 1812 4.3.2.3, RFC 4443 2.4)
enum { L2_ROOM = 18 };

static bool take_token(struct core *c)
{
	struct bucket *b = &c->errors;
	uint64_t gained =
	    (uint64_t)(c->now - b->filled_at) * (REJECT_RATE * 1000u) / SESSION_TICKS_PER_SECOND;
	if (gained != 0) {
		uint64_t tokens = b->tokens + gained;
		b->tokens = tokens < REJECT_BURST * 1000u ? (uint32_t)tokens : REJECT_BURST * 1000u;
		b->filled_at = c->now;
	}
	if (b->tokens < 1000) {
		c->config.counters->errors_limited++;
		return false;
	}
	b->tokens -= 1000;
	return true;
}

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

// Address that an error comes from: the ingress interface's, else any of ours (RFC 1812 4.3.2.4).
// NULL: we have none.
static const uint8_t *error_source(const struct core *c, const struct packet *p)
{
	static const uint8_t none[16];
	const struct tables *t = c->tables;
	for (uint32_t i = 0; i <= t->interface_count; i++) {
		const struct interface *interface = &t->interfaces[i == 0 ? p->interface : i - 1];
		const uint8_t *address = p->family == 4 ? interface->address4 : interface->address6;
		if (memcmp(address, none, p->family == 4 ? 4 : 16) != 0)
			return address;
	}
	return NULL;
}

// An empty packet of our own with room for Ethernet header and tag before the IP header.
static bool start_answer(struct core *c, const struct packet *p, struct packet *answer,
			 uint32_t ip_length)
{
	struct rte_mbuf *mbuf = core_originate(c);
	if (mbuf == NULL)
		return false;
	packet_start(answer, mbuf);
	answer->own = true;
	answer->family = p->family;
	answer->tci = p->tci;
	answer->l2_length = L2_ROOM;
	answer->ip_length = (uint16_t)ip_length;
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)(L2_ROOM + ip_length));
	if (frame == NULL) {
		core_end_dropped(c, answer, FW_DROP_FRAME_OVERSIZED);
		return false;
	}
	answer->ip = frame + L2_ROOM;
	return true;
}

static void send_answer(struct core *c, const struct packet *p, struct packet *answer)
{
	uint8_t station[6];
	memcpy(station, packet_l2(p) + 6, 6);
	if (forward_write_l2(c, answer, p->interface, station))
		core_end_forwarded(c, answer, p->interface);
	else
		core_end_dropped(c, answer, FW_DROP_FRAME_OVERSIZED);
}

// IP header of the answer; payload starts at the result.
static uint8_t *write_ip4(struct packet *answer, uint8_t protocol, const uint8_t *source,
			  const uint8_t *destination)
{
	uint8_t *ip = answer->ip;
	memset(ip, 0, 20);
	ip[0] = 0x45;
	write16(ip + 2, answer->ip_length);
	ip[6] = 0x40; // do not fragment
	ip[8] = ERROR_TTL;
	ip[9] = protocol;
	memcpy(ip + 12, source, 4);
	memcpy(ip + 16, destination, 4);
	checksum_store(ip + 10, checksum_add(0, ip, 20));
	return ip + 20;
}

static uint8_t *write_ip6(struct packet *answer, uint8_t protocol, const uint8_t *source,
			  const uint8_t *destination)
{
	uint8_t *ip = answer->ip;
	memset(ip, 0, 8);
	ip[0] = 0x60;
	write16(ip + 4, (uint16_t)(answer->ip_length - 40));
	ip[6] = protocol;
	ip[7] = ERROR_TTL;
	memcpy(ip + 8, source, 16);
	memcpy(ip + 24, destination, 16);
	return ip + 40;
}

static uint8_t *write_ip(struct packet *answer, uint8_t protocol, const uint8_t *source,
			 const uint8_t *destination)
{
	return answer->family == 4 ? write_ip4(answer, protocol, source, destination)
				   : write_ip6(answer, protocol, source, destination);
}

// Sum of the pseudo-header of the answer (RFC 9293 3.1, RFC 8200 8.1).
static uint64_t pseudo_sum(const struct packet *answer, uint8_t protocol, uint16_t length)
{
	uint8_t tail[4] = {0, protocol};
	write16(tail + 2, length);
	const uint8_t *addresses = answer->family == 4 ? answer->ip + 12 : answer->ip + 8;
	return checksum_add(checksum_add(0, addresses, answer->family == 4 ? 8 : 32), tail, 4);
}

// RFC 9293 3.10.7.1: an acknowledged segment is answered at its own acknowledgment, any other with
// everything it sent acknowledged.
static void send_reset(struct core *c, struct packet *p)
{
	const uint8_t *l4 = p->ip + p->l4;
	uint32_t header = p->family == 4 ? 20 : 40;
	struct packet answer;
	if (p->tcp_class == TCP_RST || !take_token(c) || !start_answer(c, p, &answer, header + 20))
		return;
	uint8_t *tcp = write_ip(&answer, IPPROTO_TCP, packet_destination(p), packet_source(p));
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
	checksum_store(tcp + 16, checksum_add(pseudo_sum(&answer, IPPROTO_TCP, 20), tcp, 20));
	send_answer(c, p, &answer);
}

static void send_error(struct core *c, struct packet *p, uint8_t type, uint8_t code,
		       uint32_t parameter)
{
	uint32_t header = p->family == 4 ? 20 : 40,
		 limit = p->family == 4 ? ERROR4_LIMIT : ERROR6_LIMIT;
	uint32_t quote = limit - header - 8;
	const uint8_t *source = error_source(c, p);
	struct packet answer;
	if (quote > p->ip_length)
		quote = p->ip_length;
	if (source == NULL || !may_answer(p) || !take_token(c) ||
	    !start_answer(c, p, &answer, header + 8 + quote))
		return;
	uint8_t protocol = p->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint8_t *icmp = write_ip(&answer, protocol, source, packet_source(p));
	memset(icmp, 0, 8);
	icmp[0] = type;
	icmp[1] = code;
	write32(icmp + 4, parameter);
	memcpy(icmp + 8, p->ip, quote);
	uint16_t length = (uint16_t)(8 + quote);
	uint64_t sum = p->family == 4 ? 0 : pseudo_sum(&answer, protocol, length);
	checksum_store(icmp + 2, checksum_add(sum, icmp, length));
	send_answer(c, p, &answer);
}

void reject_policy(struct core *c, struct packet *p)
{
	if (p->protocol == IPPROTO_TCP) {
		if (may_answer(p))
			send_reset(c, p);
	} else if (p->family == 4) {
		send_error(c, p, ICMP4_UNREACHABLE, ICMP4_PROHIBITED, 0);
	} else {
		send_error(c, p, ICMP6_UNREACHABLE, ICMP6_PROHIBITED, 0);
	}
}

void reject_ttl(struct core *c, struct packet *p)
{
	send_error(c, p, p->family == 4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED, 0, 0);
}

void reject_mtu(struct core *c, struct packet *p, uint16_t mtu)
{
	if (p->family == 4)
		send_error(c, p, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, mtu);
	else
		send_error(c, p, ICMP6_TOO_BIG, 0, mtu);
}
