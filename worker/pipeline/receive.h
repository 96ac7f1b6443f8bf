// SPDX-License-Identifier: Apache-2.0
// Pass A for the ordinary packet: TCP or UDP, whole, in IPv4 without options or in IPv6 without
// extension headers, between unicast addresses, to our MAC address. It accepts a part of what
// parse_port_frame() gives LANE_FLOW and fills the packet in the same way; for all else it says no,
// and the full parser has the word.
#ifndef PORTCULLIS_PIPELINE_RECEIVE_H
#define PORTCULLIS_PIPELINE_RECEIVE_H

#include <netinet/in.h>
#include "pipeline/session_view.h"

static inline uint16_t load16(const uint8_t *at)
{
	uint16_t value;
	memcpy(&value, at, 2);
	return value;
}

static inline uint32_t load32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, 4);
	return value;
}

static inline uint64_t load64(const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, 8);
	return value;
}

#define BE16(value) ((uint16_t)((value) >> 8 | ((value)&0xff) << 8)) // a constant as it is loaded

// Transport header, all of payload bytes (8 at least) there: ports in *ports as they are loaded.
static inline bool receive_transport(const uint8_t *l4, uint8_t protocol, uint32_t payload,
				     uint32_t *ports, uint64_t *class)
{
	*ports = load32(l4);
	*class = TCP_INVALID;
	if (unlikely((*ports & 0xffff) == 0 || *ports >> 16 == 0))
		return false;
	if (likely(protocol == IPPROTO_UDP)) {
		uint32_t length = rte_bswap16(load16(l4 + 4));
		return length - 8 <= payload - 8;
	}
	if (unlikely(protocol != IPPROTO_TCP || payload < 20))
		return false;
	uint32_t header = (l4[12] >> 4) * 4u;
	*class = tcp_classify(l4[13]);
	return header >= 20 && header <= payload && *class != TCP_INVALID;
}

// First byte of an address as it is loaded: neither "this network", loopback nor a group.
static inline bool receive_unicast4(uint64_t address)
{
	uint8_t first = (uint8_t)address;
	return (uint8_t)(first - 1) < 223 && first != 127;
}

// One's complement sums do not care how wide their words are: 2^16, 2^32 and 2^64 leave the same remainder.
static inline uint64_t receive_sum(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;
	return sum + (sum < a);
}

// Whether what 0xffff divides, 0 excepted: by its inverse modulo 2^64.
static inline bool receive_sum_good(uint64_t sum)
{
	return sum * 0xfffefffefffeffffu <= UINT64_MAX / 0xffff;
}

struct frame { // as pass A sees it
	struct rte_mbuf *mbuf;
	uint8_t *ip;
	const struct ingress *in;
	uint32_t left; // bytes from ip
	uint64_t tci;
	uint64_t l2_length;
};

static inline __attribute__((always_inline)) void
receive_fill(struct packet *p, const struct frame *f, uint32_t length, uint64_t l4, uint64_t kind)
{
	p->mbuf = f->mbuf;
	p->ip = f->ip;
	p->place = f->in->place | f->tci << PACKET_TCI_SHIFT;
	p->extent = length | l4 << PACKET_L4_SHIFT | f->l2_length << PACKET_L2_SHIFT;
	p->kind = kind;
}

// Last word of a key.
static inline uint64_t receive_tail(const struct frame *f, uint32_t ports, uint8_t protocol)
{
	return ports | (uint64_t)protocol << 32 |
	       (f->in->place & (uint64_t)UINT16_MAX << PACKET_VRF_SHIFT);
}

#define RECEIVE_IP4_FORM ((uint64_t)BE16(0x3fff) << 48 | 0xff) // version, length, fragment

static inline __attribute__((always_inline)) bool
receive_ip4(const struct core *c, struct packet *p, const struct frame *f)
{
	const uint8_t *ip = f->ip;
	if (unlikely(f->left < 28))
		return false;
	uint64_t head = load64(ip), middle = load64(ip + 8), addresses = load64(ip + 12);
	uint32_t total = rte_bswap16((uint16_t)(head >> 16)), ports;
	uint64_t class, sum = receive_sum(receive_sum(head, middle), addresses >> 32);
	if (unlikely((head & RECEIVE_IP4_FORM) != 0x45 || total - 28 > f->left - 28 ||
		     !receive_sum_good(sum) || (uint32_t)addresses == addresses >> 32 ||
		     !receive_unicast4(addresses) || !receive_unicast4(addresses >> 32)))
		return false;
	uint8_t protocol = (uint8_t)(middle >> 8);
	if (unlikely(!receive_transport(ip + 20, protocol, total - 20, &ports, &class)))
		return false;
	receive_fill(p, f, total, 20,
		     4 | (uint64_t)protocol << PACKET_PROTOCOL_SHIFT | class << PACKET_TCP_SHIFT);
	uint64_t key[2] = {addresses, receive_tail(f, ports, protocol)};
	memcpy(&p->key4, key, sizeof(key));
	p->hash = session_hash4(c->config.sessions4, &p->key4);
	session_prefetch_bucket(c->config.sessions4, p->hash);
	return true;
}

// First byte of an address: a group, or something reserved that the full parser looks at.
static inline bool receive_unicast6(const uint8_t *address)
{
	return (uint8_t)(address[0] - 1) < 0xfe;
}

static inline __attribute__((always_inline)) bool
receive_ip6(const struct core *c, struct packet *p, const struct frame *f)
{
	const uint8_t *ip = f->ip;
	if (unlikely(f->left < 48))
		return false;
	uint32_t payload = rte_bswap16(load16(ip + 4)), ports;
	uint64_t class;
	uint8_t protocol = ip[6];
	if (unlikely(ip[0] >> 4 != 6 || payload < 8 || payload > f->left - 40 ||
		     payload > UINT16_MAX - 40 || !receive_unicast6(ip + 8) ||
		     !receive_unicast6(ip + 24) ||
		     ((load64(ip + 8) ^ load64(ip + 24)) | (load64(ip + 16) ^ load64(ip + 32))) ==
			 0 ||
		     !receive_transport(ip + 40, protocol, payload, &ports, &class)))
		return false;
	receive_fill(p, f, payload + 40, 40,
		     6 | (uint64_t)protocol << PACKET_PROTOCOL_SHIFT | class << PACKET_TCP_SHIFT);
	memcpy(&p->key6, ip + 8, 32);
	uint64_t tail = receive_tail(f, ports, protocol);
	memcpy((uint8_t *)&p->key6 + 32, &tail, sizeof(tail));
	p->hash = session_hash6(c->config.sessions6, &p->key6);
	session_prefetch_bucket(c->config.sessions6, p->hash);
	return true;
}

static inline bool receive_for_us(const struct core *c, const struct ingress *in,
				  const uint8_t *frame)
{
	return ((load64(frame) ^ in->mac) & c->mac_mask) == 0;
}

// With a tag, or IPv6.
static bool receive_tagged(const struct core *c, const uint16_t *by_vlan, struct packet *p,
			   struct rte_mbuf *mbuf)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint16_t tci = 0, l2 = 14, type = load16(frame + 12);
	if (unlikely(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)) {
		tci = mbuf->vlan_tci;
	} else if (type == BE16(RTE_ETHER_TYPE_VLAN)) {
		tci = rte_bswap16(load16(frame + 14));
		type = load16(frame + 16);
		l2 = 18;
	}
	uint16_t row = by_vlan[tci & 0xfff];
	if (unlikely(row == ROW_NONE || !receive_for_us(c, &c->ingress[row], frame)))
		return false;
	const struct frame f = {.mbuf = mbuf,
				.ip = frame + l2,
				.in = &c->ingress[row],
				.left = (uint32_t)rte_pktmbuf_data_len(mbuf) - l2,
				.tci = tci,
				.l2_length = l2};
	if (likely(type == BE16(RTE_ETHER_TYPE_IPV4)))
		return receive_ip4(c, p, &f);
	return type == BE16(RTE_ETHER_TYPE_IPV6) && receive_ip6(c, p, &f);
}

// by_vlan: interfaces of the port. The key is hashed and its bucket on the way.
static inline __attribute__((always_inline)) bool
receive_ordinary(const struct core *c, const uint16_t *by_vlan, struct packet *p,
		 struct rte_mbuf *mbuf)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	if (unlikely(mbuf->nb_segs != 1 || rte_pktmbuf_data_len(mbuf) < 18))
		return false;
	if (unlikely(load16(frame + 12) != BE16(RTE_ETHER_TYPE_IPV4) ||
		     mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED))
		return receive_tagged(c, by_vlan, p, mbuf);
	uint16_t row = by_vlan[0];
	if (unlikely(row == ROW_NONE || !receive_for_us(c, &c->ingress[row], frame)))
		return false;
	const struct frame f = {.mbuf = mbuf,
				.ip = frame + 14,
				.in = &c->ingress[row],
				.left = (uint32_t)rte_pktmbuf_data_len(mbuf) - 14,
				.l2_length = 14};
	return receive_ip4(c, p, &f);
}

#endif
