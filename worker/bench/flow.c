// SPDX-License-Identifier: Apache-2.0
// Frames of flows. A flow is a number; its addresses and ports follow from the number, no two flows
// have the same, and numbers that follow each other lie nowhere near each other in a hash table.
// The first payload word (UDP) or the sequence number (TCP) carries the number, so that a frame
// that NAT has changed can be told.
//
//   clients 10.0.0.0/8 and 2001:db8:a::/48 behind lan
//   servers behind wan, by kind: 198.18.0.0/16, 198.19.0.0/16 (source NAT), 100.64.0.0/16 (denied),
//   100.65.0.0/16 (one second), 100.66.0.0/16, 2001:db8:b::/48
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "bench/bench.h"
#include "pipeline/packet.h"

enum {
	ETHERNET = 14,
	FRAME_MIN = 60,
	SERVER_PORT = 4433,
	TCP_SYN_FLAG = 2,
	TCP_ACK_FLAG = 16,
	SERVER_SEQUENCE = 0x40000000
};

static const struct kind {
	const char *name;
	uint8_t server[2]; // first octets
	uint8_t family, protocol;
	bool nat;
} kinds[FLOW_KINDS] = {
    [FLOW_UDP4] = {"udp4", {198, 18}, 4, IPPROTO_UDP, false},
    [FLOW_TCP4] = {"tcp4", {198, 18}, 4, IPPROTO_TCP, false},
    [FLOW_NAT_UDP4] = {"nat-udp4", {198, 19}, 4, IPPROTO_UDP, true},
    [FLOW_NAT_TCP4] = {"nat-tcp4", {198, 19}, 4, IPPROTO_TCP, true},
    [FLOW_UDP6] = {"udp6", {0, 0}, 6, IPPROTO_UDP, false},
    [FLOW_TCP6] = {"tcp6", {0, 0}, 6, IPPROTO_TCP, false},
    [FLOW_OPEN4] = {"open4", {100, 66}, 4, IPPROTO_UDP, false},
    [FLOW_CHURN4] = {"churn4", {100, 65}, 4, IPPROTO_UDP, false},
    [FLOW_DENY4] = {"deny4", {100, 64}, 4, IPPROTO_UDP, false},
};

const char *flow_name(enum flow_kind kind)
{
	return kinds[kind].name;
}

int flow_kind_of(const char *name)
{
	for (int k = 0; k < FLOW_KINDS; k++)
		if (strcmp(name, kinds[k].name) == 0)
			return k;
	return -1;
}

bool flow_has_nat(enum flow_kind kind)
{
	return kinds[kind].nat;
}

uint8_t flow_family(enum flow_kind kind)
{
	return kinds[kind].family;
}

int flow_set_init(struct flow_set *f, enum flow_kind kind, uint32_t first, uint32_t count)
{
	*f = (struct flow_set){.kind = kind, .first = first, .count = count};
	if (!kinds[kind].nat)
		return 0;
	f->nat_address = calloc(count, sizeof(*f->nat_address));
	f->nat_port = calloc(count, sizeof(*f->nat_port));
	return f->nat_address != NULL && f->nat_port != NULL ? 0 : -1;
}

void flow_set_free(struct flow_set *f)
{
	free(f->nat_address);
	free(f->nat_port);
}

static uint32_t mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

struct ends { // of one flow, the client first
	uint8_t address[2][16];
	uint16_t port[2];
};

static void ends_of(const struct flow_set *f, uint32_t number, struct ends *e)
{
	const struct kind *k = &kinds[f->kind];
	uint32_t m = mix(number);
	memset(e, 0, sizeof(*e));
	if (k->family == 4) {
		write32(e->address[0], 10u << 24 | (number & 0xffffff));
		write32(e->address[1],
			(uint32_t)k->server[0] << 24 | (uint32_t)k->server[1] << 16 | m >> 16);
	} else {
		static const uint8_t site[2][6] = {{0x20, 1, 0xd, 0xb8, 0, 0xa},
						   {0x20, 1, 0xd, 0xb8, 0, 0xb}};
		memcpy(e->address[0], site[0], 6);
		memcpy(e->address[1], site[1], 6);
		write32(e->address[0] + 12, number);
		write32(e->address[1] + 12, m >> 16 | 1);
	}
	e->port[0] = (uint16_t)(1024 + (m & 0x7fff));
	e->port[1] = SERVER_PORT;
}

static void write_ethernet(uint8_t *frame, uint32_t port, uint8_t family)
{
	memset(frame, 0, 12);
	frame[0] = 2; // the engine's own address on that port
	frame[5] = (uint8_t)(port + 1);
	frame[6] = 2;
	frame[11] = 0x99;
	write16(frame + 12, family == 4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6);
}

static void write_ip4(uint8_t *ip, uint16_t length, uint8_t protocol, const uint8_t *source,
		      const uint8_t *destination)
{
	memset(ip, 0, 12);
	ip[0] = 0x45;
	write16(ip + 2, length);
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, source, 4);
	memcpy(ip + 16, destination, 4);
	uint32_t sum = 0;
	for (unsigned i = 0; i < 20; i += 2)
		sum += read16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	write16(ip + 10, (uint16_t) ~(sum + (sum >> 16)));
}

static void write_ip6(uint8_t *ip, uint16_t length, uint8_t protocol, const uint8_t *source,
		      const uint8_t *destination)
{
	write32(ip, 6u << 28);
	write16(ip + 4, length);
	ip[6] = protocol;
	ip[7] = 64;
	memcpy(ip + 8, source, 16);
	memcpy(ip + 24, destination, 16);
}

static void write_tcp(uint8_t *tcp, uint32_t number, bool reply, enum flow_step step)
{
	bool syn = step != FLOW_DATA;
	uint32_t client = number, server = SERVER_SEQUENCE + number;
	memset(tcp + 4, 0, 16);
	write32(tcp + 4, (reply ? server : client) + !syn);
	if (step != FLOW_SYN)
		write32(tcp + 8, (reply ? client : server) + 1);
	tcp[12] = 0x50;
	tcp[13] = (uint8_t)((syn ? TCP_SYN_FLAG : 0) | (step != FLOW_SYN ? TCP_ACK_FLAG : 0));
	write16(tcp + 14, 65535);
	write16(tcp + 16, 0x1234); // nobody on the way checks it
}

static void write_udp(uint8_t *udp, uint32_t number, uint16_t length)
{
	write16(udp + 4, length);
	write16(udp + 6, 0x1234);
	write32(udp + 8, number);
	memset(udp + 12, 0, length - 12u);
}

void flow_write(const struct world *w, const struct flow_set *f, uint32_t number, bool reply,
		enum flow_step step, struct rte_mbuf *mbuf)
{
	const struct kind *k = &kinds[f->kind];
	struct ends e;
	ends_of(f, number, &e);
	unsigned from = reply ? 1 : 0;
	if (reply && f->nat_address != NULL) {
		memcpy(e.address[0], &f->nat_address[number - f->first], 4);
		e.port[0] = f->nat_port[number - f->first];
	}
	unsigned header = k->family == 4 ? 20 : 40,
		 transport = k->protocol == IPPROTO_TCP ? 20 : 12;
	unsigned least = ETHERNET + header + transport;
	unsigned length = least < FRAME_MIN ? FRAME_MIN : least;
	unsigned l4_length = k->protocol == IPPROTO_TCP ? 20 : length - ETHERNET - header;
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *), *ip = frame + ETHERNET,
		*l4 = ip + header;
	write_ethernet(frame, reply ? w->wan : w->lan, k->family);
	if (k->family == 4)
		write_ip4(ip, (uint16_t)(header + l4_length), k->protocol, e.address[from],
			  e.address[!from]);
	else
		write_ip6(ip, (uint16_t)l4_length, k->protocol, e.address[from], e.address[!from]);
	write16(l4, e.port[from]);
	write16(l4 + 2, e.port[!from]);
	if (k->protocol == IPPROTO_TCP)
		write_tcp(l4, number, reply, step);
	else
		write_udp(l4, number, (uint16_t)l4_length);
	mbuf->data_len = (uint16_t)length;
	mbuf->pkt_len = length;
}

// A frame of the client, after source NAT.
void flow_learn(struct flow_set *f, const uint8_t *frame, uint32_t length)
{
	const uint8_t *ip = frame + ETHERNET, *l4 = ip + 20;
	if (length < ETHERNET + 40 || f->nat_address == NULL || ip[0] != 0x45)
		return;
	uint32_t at = read32(l4 + (ip[9] == IPPROTO_TCP ? 4 : 8)) - f->first;
	if (at >= f->count)
		return;
	memcpy(&f->nat_address[at], ip + 12, 4);
	f->nat_port[at] = read16(l4);
}
