// SPDX-License-Identifier: Apache-2.0
// The short way through pass A against the full parser, on good frames with random damage.
#include "pipeline/checksum.h"
#include "pipeline/parse.h"
#include "pipeline/receive.h"
#include "test.h"

static uint16_t by_vlan[4096]; // every tag is of interface 0
static struct interface interfaces[1];
static struct tables tables = {
    .port_count = 1, .interface_count = 1, .interfaces = interfaces, .interface_by_vlan = by_vlan};

static void damage(uint8_t *frame, unsigned length, uint64_t *seed)
{
	static const uint8_t telling[] = {0,  1,  4,    5,    6,    8,    14,   17,
					  20, 28, 0x45, 0x60, 0x7f, 0x81, 0xe0, 0xff};
	for (unsigned n = test_below(seed, 4); n > 0; n--) {
		uint8_t random = (uint8_t)test_random(seed);
		frame[test_below(seed, length)] =
		    random & 1 ? telling[test_below(seed, sizeof(telling))] : random;
	}
}

static unsigned make_udp4(uint8_t *f)
{
	memset(f, 0, 128);
	write16(f + 12, 0x0800);
	uint8_t *ip = f + 14;
	ip[0] = 0x45;
	write16(ip + 2, 20 + 8 + 10);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, "\x0a\0\0\1\x0a\0\0\2\0\1\0\2\0\x12\0\0", 16);
	checksum_store(ip + 10, checksum_add(0, ip, 20));
	return 14 + 38 + 8; // padded
}

static unsigned make_tcp4(uint8_t *f)
{
	make_udp4(f);
	uint8_t *ip = f + 14;
	write16(ip + 2, 20 + 20 + 6);
	ip[9] = 6;
	memset(ip + 10, 0, 2);
	checksum_store(ip + 10, checksum_add(0, ip, 20));
	ip[32] = 5 << 4;
	ip[33] = 0x10;
	return 14 + 46;
}

static unsigned make_plain6(uint8_t *f, uint8_t protocol)
{
	memset(f, 0, 128);
	write16(f + 12, 0x86dd);
	uint8_t *ip = f + 14;
	ip[0] = 0x60;
	write16(ip + 4, 24);
	ip[6] = protocol;
	ip[7] = 64;
	ip[8] = ip[24] = 0x20;
	ip[23] = 1;
	ip[39] = 2;
	ip[41] = 1;
	ip[43] = 2;
	if (protocol == 17)
		ip[45] = 24;
	ip[52] = 5 << 4;
	ip[53] = 0x10;
	return 14 + 64;
}

static unsigned tag(uint8_t *f, unsigned length)
{
	memmove(f + 16, f + 12, length - 12);
	write16(f + 12, 0x8100);
	write16(f + 14, 0x6007);
	return length + 4;
}

static void same_packet(const struct packet *p, const struct packet *full)
{
	CHECK_EQ(full->lane, LANE_FLOW);
	CHECK_EQ(p->lane, LANE_FLOW);
	CHECK(p->ip == full->ip);
	CHECK_EQ(p->ip_length, full->ip_length);
	CHECK_EQ(p->l4, full->l4);
	CHECK_EQ(p->interface, full->interface);
	CHECK_EQ(p->zone, full->zone);
	CHECK_EQ(p->vrf, full->vrf);
	CHECK_EQ(p->tci, full->tci);
	CHECK_EQ(p->l2_length, full->l2_length);
	CHECK_EQ(p->icmp_type, full->icmp_type);
	CHECK_EQ(p->family, full->family);
	CHECK_EQ(p->protocol, full->protocol);
	CHECK_EQ(p->tcp_class, full->tcp_class);
	CHECK_EQ(p->icmp_kind, full->icmp_kind);
	CHECK_EQ(p->l2_group, full->l2_group);
	CHECK_EQ(p->own, full->own);
	CHECK_EQ(p->fragment, full->fragment);
	CHECK(memcmp(&p->key6, &full->key6, p->family == 4 ? 16 : 40) == 0);
}

static void the_short_way_agrees_with_the_parser(void)
{
	static struct core c;
	struct index_bucket bucket;
	struct session_table table = {.index = {.buckets = &bucket}};
	uint64_t seed = 3, taken = 0, refused = 0;
	c.config.sessions4 = c.config.sessions6 = &table;
	c.tables = &tables;
	interfaces[0].vrf = 9;
	interfaces[0].zone = 3;
	for (unsigned n = 0; n < 1000000; n++) {
		uint8_t frame[160];
		bool any = test_below(&seed, 4) != 0;
		unsigned kind = test_below(&seed, 4);
		unsigned length = kind == 0   ? make_udp4(frame)
				  : kind == 1 ? make_tcp4(frame)
					      : make_plain6(frame, kind == 2 ? 6 : 17);
		memcpy(interfaces[0].mac, "\2\1\2\3\4\5", 6);
		memcpy(frame, interfaces[0].mac, 6);
		c.ingress[0] = (struct ingress){.zone = 3, .vrf = 9};
		c.mac_mask = any ? 1 : 0xffffffffffffull;
		if (!any)
			memcpy(&c.ingress[0].mac, interfaces[0].mac, 6);
		if (test_below(&seed, 3) == 0)
			length = tag(frame, length);
		damage(frame, length, &seed);
		if ((frame[12] << 8 | frame[13]) == 0x0800 && test_below(&seed, 2) != 0) {
			memset(frame + 24, 0, 2); // what is damaged otherwise is looked at
			checksum_store(frame + 24, checksum_add(0, frame + 14, 20));
		}
		if (test_below(&seed, 4) == 0)
			length -= test_below(&seed, length);
		uint8_t *exact = malloc(length == 0 ? 1 : length);
		struct rte_mbuf mbuf = {.buf_addr = exact,
					.data_len = (uint16_t)length,
					.pkt_len = length,
					.nb_segs = 1,
					.buf_len = (uint16_t)length};
		memcpy(exact, frame, length);
		struct packet p, full;
		packet_start(&full, &mbuf);
		parse_port_frame(&tables, 0, any, &full);
		if (receive_ordinary(&c, by_vlan, &p, &mbuf)) {
			same_packet(&p, &full);
			taken++;
		} else {
			refused++;
		}
		free(exact);
	}
	CHECK(taken > 100000);
	CHECK(refused > 100000);
}

int main(void)
{
	RUN(the_short_way_agrees_with_the_parser);
	return 0;
}
