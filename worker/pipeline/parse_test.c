// SPDX-License-Identifier: Apache-2.0
// The parser on frames that lie in memory of exactly their size, so that the address sanitizer sees
// every byte read beyond. Frames are good ones with random damage, and cut at every length.
#include "pipeline/checksum.h"
#include "pipeline/core.h"
#include "pipeline/parse.h"
#include "test.h"

static uint16_t by_vlan[4096];
static struct interface interfaces[1];
static struct tables tables = {
    .port_count = 1, .interface_count = 1, .interfaces = interfaces, .interface_by_vlan = by_vlan};

static struct packet parse(const uint8_t *bytes, uint16_t length, bool from_host)
{
	uint8_t *exact = malloc(length == 0 ? 1 : length);
	struct rte_mbuf mbuf = {.buf_addr = exact,
				.data_len = length,
				.pkt_len = length,
				.nb_segs = 1,
				.buf_len = length};
	struct packet p, quoted;
	memcpy(exact, bytes, length);
	packet_start(&p, &mbuf);
	if (from_host)
		parse_host_frame(&p);
	else
		parse_port_frame(&tables, 0, true, &p);
	if (p.lane != LANE_DROP && p.family != 0) {
		CHECK(p.ip_length <= length - p.l2_length);
		CHECK(p.l4 <= p.ip_length);
	}
	if (p.lane == LANE_ICMP_ERROR)
		parse_quote(&p, &quoted);
	free(exact);
	return p;
}

// Ethernet, IPv4 with options, an ICMP error that quotes a TCP segment.
static unsigned make_icmp4(uint8_t *f)
{
	memset(f, 0, 128);
	write16(f + 12, 0x0800);
	uint8_t *ip = f + 14, *quoted = ip + 24 + 8;
	ip[0] = 0x46;
	write16(ip + 2, 24 + 8 + 28);
	ip[8] = 64;
	ip[9] = 1;
	memcpy(ip + 12, "\x0a\0\0\1\x0a\0\0\2\1\1\1\0", 12);
	checksum_store(ip + 10, checksum_add(0, ip, 24));
	ip[24] = 3;
	quoted[0] = 0x45;
	quoted[9] = 6;
	memcpy(quoted + 12, "\x0a\0\0\2\x0a\0\0\1\0\1\0\2", 12);
	return 14 + 24 + 8 + 28;
}

// Tagged, IPv6 with four extension headers, TCP.
static unsigned make_tcp6(uint8_t *f)
{
	memset(f, 0, 160);
	write16(f + 12, 0x8100);
	write16(f + 14, 7);
	write16(f + 16, 0x86dd);
	uint8_t *ip = f + 18, *at = ip + 40;
	ip[0] = 0x60;
	write16(ip + 4, 8 + 8 + 24 + 8 + 20);
	ip[6] = 0;
	ip[7] = 64;
	memset(ip + 8, 0x20, 32);
	ip[23] = 1;
	at[0] = 60;
	at[8] = 51;
	at[16] = 43;
	at[17] = 4;
	at[40] = 6;
	at[42] = 4;
	memcpy(at + 48, "\0\1\0\2", 4);
	at[48 + 12] = 0x50;
	at[48 + 13] = 2;
	return 18 + 40 + 68;
}

static void good_frames_are_understood(void)
{
	uint8_t f[160];
	struct packet p = parse(f, (uint16_t)make_icmp4(f), false);
	CHECK_EQ(p.lane, LANE_ICMP_ERROR);
	CHECK_EQ(p.l4, 24);
	p = parse(f, (uint16_t)make_tcp6(f), false);
	CHECK_EQ(p.lane, LANE_FLOW);
	CHECK_EQ(p.protocol, 6);
	CHECK_EQ(p.l4, 40 + 48);
	CHECK_EQ(p.tcp_class, TCP_SYN);
	CHECK_EQ(p.tci, 7);
}

static void every_cut_is_survived(void)
{
	uint8_t f[160];
	unsigned full4 = make_icmp4(f);
	for (uint16_t length = 0; length < full4; length++)
		CHECK_EQ(parse(f, length, false).lane, LANE_DROP);
	unsigned full6 = make_tcp6(f);
	for (uint16_t length = 0; length < full6; length++)
		CHECK_EQ(parse(f, length, false).lane, LANE_DROP);
}

static void damage(uint8_t *f, unsigned length, uint64_t *seed)
{
	for (unsigned n = 1 + test_below(seed, 4); n > 0; n--)
		f[12 + test_below(seed, length - 12)] =
		    (uint8_t)(test_below(seed, 4) == 0 ? 0xff : test_random(seed));
	uint8_t *ip = f + 14;
	if (f[12] == 0x08 && f[13] == 0) { // so that damage behind the checksum is reached
		unsigned header = (ip[0] & 15u) * 4;
		ip[10] = ip[11] = 0;
		if (header >= 20 && 14 + header <= length)
			checksum_store(ip + 10, checksum_add(0, ip, header));
	}
}

static void damage_is_survived(void)
{
	uint64_t seed = 42;
	uint8_t f[160];
	for (unsigned round = 0; round < 300000; round++) {
		unsigned length = round & 1 ? make_icmp4(f) : make_tcp6(f);
		damage(f, length, &seed);
		if (test_below(&seed, 4) == 0)
			length -= test_below(&seed, length - 14);
		parse(f, (uint16_t)length, test_below(&seed, 8) == 0);
	}
}

static void random_extension_chains_end(void)
{
	static const uint8_t kinds[] = {0, 43, 44, 51, 60, 6, 59};
	uint64_t seed = 3;
	for (unsigned round = 0; round < 100000; round++) {
		unsigned length = 40 + test_below(&seed, 200);
		uint8_t *exact = malloc(length);
		struct extensions e;
		for (unsigned i = 0; i < length; i++)
			exact[i] =
			    test_below(&seed, 2) ? kinds[test_below(&seed, sizeof(kinds))] : 0;
		exact[6] = kinds[test_below(&seed, sizeof(kinds))];
		parse_extensions(exact, length, &e);
		CHECK(e.l4 >= 40 && e.l4 <= length);
		CHECK(e.fragment == 0 || (e.fragment >= 40 && e.fragment + 8 <= length));
		free(exact);
	}
}

int main(void)
{
	memset(by_vlan, 0, sizeof(by_vlan));
	RUN(good_frames_are_understood);
	RUN(every_cut_is_survived);
	RUN(damage_is_survived);
	RUN(random_extension_chains_end);
	return 0;
}
