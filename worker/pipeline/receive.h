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

// Transport header, all of payload bytes there: ports in *ports as they are loaded.
static inline bool receive_transport(struct packet *p, const uint8_t *l4, uint32_t payload,
				     uint32_t *ports)
{
	if (unlikely(payload < 8))
		return false;
	*ports = load32(l4);
	p->tcp_class = TCP_INVALID;
	if (unlikely((*ports & 0xffff) == 0 || *ports >> 16 == 0))
		return false;
	if (p->protocol == IPPROTO_UDP) {
		uint16_t length = rte_bswap16(load16(l4 + 4));
		return length >= 8 && length <= payload;
	}
	if (unlikely(p->protocol != IPPROTO_TCP || payload < 20))
		return false;
	uint32_t header = (l4[12] >> 4) * 4u;
	p->tcp_class = (uint8_t)tcp_classify(l4[13]);
	return header >= 20 && header <= payload && p->tcp_class != TCP_INVALID;
}

// First byte of an address as it is loaded: neither "this network", loopback nor a group.
static inline bool receive_unicast4(uint32_t address)
{
	uint8_t first = (uint8_t)address;
	return (uint8_t)(first - 1) < 223 && first != 127;
}

static inline bool receive_ip4(const struct core *c, struct packet *p, uint32_t left)
{
	const uint8_t *ip = p->ip;
	if (unlikely(left < 28))
		return false;
	uint64_t head = load64(ip), middle = load64(ip + 8);
	uint32_t destination = load32(ip + 16), source = (uint32_t)(middle >> 32), ports;
	uint16_t total = rte_bswap16((uint16_t)(head >> 16));
	uint64_t sum = (uint32_t)head + (head >> 32) + (uint32_t)middle + source + destination;
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	if (unlikely((uint8_t)head != 0x45 || (head >> 48 & BE16(0x3fff)) != 0 || total < 20 ||
		     total > left || sum != 0xffff || source == destination ||
		     !receive_unicast4(source) || !receive_unicast4(destination)))
		return false;
	p->protocol = (uint8_t)(middle >> 8);
	if (unlikely(!receive_transport(p, ip + 20, total - 20u, &ports)))
		return false;
	p->ip_length = total;
	p->l4 = 20;
	p->family = 4;
	uint64_t key[2] = {source | (uint64_t)destination << 32,
			   ports | (uint64_t)p->protocol << 32 | (uint64_t)p->vrf << 48};
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

static inline bool receive_ip6(const struct core *c, struct packet *p, uint32_t left)
{
	const uint8_t *ip = p->ip;
	if (unlikely(left < 48))
		return false;
	uint32_t payload = rte_bswap16(load16(ip + 4)), ports;
	p->protocol = ip[6];
	if (unlikely(ip[0] >> 4 != 6 || payload > left - 40 || payload > UINT16_MAX - 40 ||
		     !receive_unicast6(ip + 8) || !receive_unicast6(ip + 24) ||
		     ((load64(ip + 8) ^ load64(ip + 24)) | (load64(ip + 16) ^ load64(ip + 32))) ==
			 0 ||
		     !receive_transport(p, ip + 40, payload, &ports)))
		return false;
	p->ip_length = (uint16_t)(payload + 40);
	p->l4 = 40;
	p->family = 6;
	memcpy(&p->key6, ip + 8, 32);
	uint64_t tail = ports | (uint64_t)p->protocol << 32 | (uint64_t)p->vrf << 48;
	memcpy((uint8_t *)&p->key6 + 32, &tail, sizeof(tail));
	p->hash = session_hash6(c->config.sessions6, &p->key6);
	session_prefetch_bucket(c->config.sessions6, p->hash);
	return true;
}

// by_vlan: interfaces of the port. The key is hashed and its bucket on the way.
static inline bool receive_ordinary(const struct core *c, const uint16_t *by_vlan, struct packet *p,
				    struct rte_mbuf *mbuf)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint32_t left = rte_pktmbuf_data_len(mbuf);
	uint16_t tci = 0, l2 = 14;
	if (unlikely(mbuf->nb_segs != 1 || left < 18))
		return false;
	uint16_t type = load16(frame + 12);
	if (unlikely(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)) {
		tci = mbuf->vlan_tci;
	} else if (type == BE16(RTE_ETHER_TYPE_VLAN)) {
		tci = rte_bswap16(load16(frame + 14));
		type = load16(frame + 16);
		l2 = 18;
	}
	uint16_t row = by_vlan[tci & 0xfff];
	if (unlikely(row == ROW_NONE))
		return false;
	const struct ingress *in = &c->ingress[row];
	if (unlikely((load64(frame) ^ in->mac) & c->mac_mask))
		return false;
	p->mbuf = mbuf;
	p->ip = frame + l2;
	p->interface = row;
	p->zone = in->zone;
	p->vrf = in->vrf;
	p->tci = tci;
	p->l2_length = l2;
	p->icmp_type = 0;
	p->lane = LANE_FLOW;
	p->icmp_kind = ICMP_KIND_NONE;
	p->l2_group = false;
	p->own = false;
	p->fragment = FRAGMENT_NONE;
	if (likely(type == BE16(RTE_ETHER_TYPE_IPV4)))
		return receive_ip4(c, p, left - l2);
	return type == BE16(RTE_ETHER_TYPE_IPV6) && receive_ip6(c, p, left - l2);
}

#endif
