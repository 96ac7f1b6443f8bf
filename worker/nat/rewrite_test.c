// SPDX-License-Identifier: Apache-2.0
// Rewriting by deltas against checksums that are computed anew.
#include "nat/rewrite.h"

#include <arpa/inet.h>
#include "pipeline/checksum.h"
#include "test.h"

static unsigned sum_at(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2;
}

static void sum_packet(uint8_t *ip, unsigned header, unsigned length)
{
	uint8_t *l4 = ip + header;
	unsigned left = length - header;
	memset(ip + 10, 0, 2);
	checksum_store(ip + 10, checksum_add(0, ip, header));
	uint8_t tail[4] = {0, ip[9], (uint8_t)(left >> 8), (uint8_t)left};
	uint64_t sum = ip[9] == IPPROTO_ICMP
			   ? 0
			   : checksum_add(checksum_add(0, ip + 12, 8), tail, sizeof(tail));
	uint8_t *field = l4 + sum_at(ip[9]);
	memset(field, 0, 2);
	checksum_store(field, checksum_add(sum, l4, left));
	if (ip[9] == IPPROTO_UDP && field[0] == 0 && field[1] == 0)
		memset(field, 0xff, 2);
}

static void random_bytes(uint64_t *seed, void *to, unsigned count)
{
	// Many zeros and ones, where sums like to go wrong.
	static const uint8_t edges[] = {0, 0xff, 1, 0x80};
	for (unsigned i = 0; i < count; i++)
		((uint8_t *)to)[i] = test_below(seed, 2) != 0 ? edges[test_below(seed, 4)]
							      : (uint8_t)test_random(seed);
}

static void make(uint64_t *seed, uint8_t *ip, unsigned header, unsigned length, uint8_t protocol)
{
	random_bytes(seed, ip, length);
	ip[0] = (uint8_t)(0x40 | header / 4);
	ip[2] = (uint8_t)(length >> 8);
	ip[3] = (uint8_t)length;
	ip[6] = ip[7] = 0;
	ip[8] = 64;
	ip[9] = protocol;
	sum_packet(ip, header, length);
}

static struct fw_line4 make_line(uint64_t *seed, const uint8_t *ip, unsigned header)
{
	struct fw_line4 line = {.protocol = ip[9]};
	memcpy(line.source, ip + 12, 8);
	if (ip[9] == IPPROTO_ICMP) {
		memcpy(&line.source_port_be, ip + header + 4, 2);
		line.destination_port_be = line.source_port_be;
	} else {
		memcpy(&line.source_port_be, ip + header, 4);
	}
	random_bytes(seed, line.new_source, 8);
	random_bytes(seed, &line.new_source_port_be, 4);
	if (ip[9] == IPPROTO_ICMP)
		line.new_destination_port_be = line.new_source_port_be;
	rewrite_prepare(&line);
	return line;
}

static void deltas_give_what_a_new_sum_gives(void)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};
	uint64_t seed = 5;
	for (unsigned i = 0; i < 200000; i++) {
		uint8_t ip[120], wanted[120];
		unsigned header = 20 + 4 * test_below(&seed, 3);
		unsigned length = header + 20 + test_below(&seed, 40);
		make(&seed, ip, header, length, protocols[i % 3]);
		struct fw_line4 line = make_line(&seed, ip, header);
		memcpy(wanted, ip, length);
		memcpy(wanted + 12, line.new_source, 8);
		if (ip[9] == IPPROTO_ICMP)
			memcpy(wanted + header + 4, &line.new_source_port_be, 2);
		else
			memcpy(wanted + header, &line.new_source_port_be, 4);
		sum_packet(wanted, header, length);
		rewrite4(ip, (uint16_t)header, ip[9], false, &line);
		CHECK(memcmp(ip, wanted, length) == 0);
	}
}

static void udp_without_checksum_stays_so(void)
{
	uint64_t seed = 6;
	uint8_t ip[60];
	make(&seed, ip, 20, sizeof(ip), IPPROTO_UDP);
	memset(ip + 26, 0, 2);
	struct fw_line4 line = make_line(&seed, ip, 20);
	rewrite4(ip, 20, IPPROTO_UDP, false, &line);
	CHECK(ip[26] == 0 && ip[27] == 0);
	CHECK(checksum_ok(ip, 20));
}

static void a_wrong_checksum_stays_wrong(void)
{
	uint64_t seed = 7;
	uint8_t ip[60], other[60];
	make(&seed, ip, 20, sizeof(ip), IPPROTO_TCP);
	ip[36] ^= 0x5a;
	struct fw_line4 line = make_line(&seed, ip, 20);
	rewrite4(ip, 20, IPPROTO_TCP, false, &line);
	memcpy(other, ip, sizeof(ip));
	sum_packet(other, 20, sizeof(other));
	CHECK(memcmp(ip + 36, other + 36, 2) != 0);
}

static void a_later_fragment_has_no_ports(void)
{
	uint64_t seed = 8;
	uint8_t ip[60], before[60];
	make(&seed, ip, 20, sizeof(ip), IPPROTO_TCP);
	memcpy(before, ip, sizeof(ip));
	struct fw_line4 line = make_line(&seed, ip, 20);
	rewrite4(ip, 20, IPPROTO_TCP, true, &line);
	CHECK(memcmp(ip + 20, before + 20, 40) == 0);
	CHECK(checksum_ok(ip, 20));
	CHECK(memcmp(ip + 12, line.new_source, 8) == 0);
}

// Whatever part of a packet an error quotes.
static void quotes_of_any_length(void)
{
	uint64_t seed = 9;
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 47};
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t ip[80], whole[80];
		uint8_t protocol = protocols[i % 4];
		unsigned header = 20 + 4 * test_below(&seed, 3);
		make(&seed, ip, header, sizeof(ip), protocol == 47 ? IPPROTO_UDP : protocol);
		ip[9] = protocol;
		memset(ip + 10, 0, 2);
		checksum_store(ip + 10, checksum_add(0, ip, header));
		struct fw_line4 line = make_line(&seed, ip, header);
		struct rewrite_tuple to;
		memcpy(&to, line.new_source, 8);
		memcpy(&to.source_port_be, &line.new_source_port_be, 4);
		memcpy(whole, ip, sizeof(ip));
		rewrite4(whole, (uint16_t)header, protocol, false, &line);
		unsigned left = test_below(&seed, sizeof(ip) + 1);
		uint8_t *quote = malloc(left + 1); // its end is seen by the sanitizer
		CHECK(quote != NULL);
		memcpy(quote, ip, left);
		rewrite_quote4(quote, left, &to);
		if (left >= header + 18)
			CHECK(memcmp(quote, whole, left) == 0);
		else if (left >= 20)
			CHECK(memcmp(quote, whole, 20) == 0);
		free(quote);
	}
}

int main(void)
{
	RUN(deltas_give_what_a_new_sum_gives);
	RUN(udp_without_checksum_stays_so);
	RUN(a_wrong_checksum_stays_wrong);
	RUN(a_later_fragment_has_no_ports);
	RUN(quotes_of_any_length);
	return 0;
}
