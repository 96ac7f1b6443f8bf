// SPDX-License-Identifier: Apache-2.0
#include "state/session_filter.h"
#include "state/samples.h"

#define SECOND 1000000000ull
#define NOW (1000 * SECOND)

static const struct fw_session_filter all = {
    .protocol = 0xffff, .from_zone = 0xffff, .to_zone = 0xffff, .either_zone = 0xffff};

// 10.0.0.5:1029 > 192.168.1.2:443, behind 203.0.113.5:40000 towards 198.51.100.7:8443; from zone 1 to zone 2, ten seconds old.
static struct fw_session4 session(void)
{
	struct fw_session4 s = make4(5, 0, 100);
	s.line[0].flags = s.line[1].flags = FW_LINE_NAT;
	memcpy(s.line[1].destination, "\xcb\x00\x71\x05", 4);
	s.line[1].destination_port_be = htons(40000);
	memcpy(s.line[1].source, "\xc6\x33\x64\x07", 4);
	s.line[1].source_port_be = htons(8443);
	s.line[0].in_zone = 1;
	s.line[1].in_zone = 2;
	s.cold.id = 77;
	s.cold.policy_name_id = 99;
	s.cold.created_at_ns = NOW - 10 * SECOND;
	return s;
}

static bool matches(const struct fw_session_filter *f)
{
	struct fw_session4 s = session();
	CHECK(session_filter_valid(f));
	return session_filter_matches4(f, &s, NOW);
}

#define WITH(...)                                                                                  \
	({                                                                                         \
		struct fw_session_filter f = all;                                                  \
		__VA_ARGS__;                                                                       \
		matches(&f);                                                                       \
	})

static void every_field_selects_and_leaves_out(void)
{
	CHECK(WITH());
	CHECK(WITH(f.id = 77) && !WITH(f.id = 78));
	CHECK(WITH(f.policy_name_id = 99) && !WITH(f.policy_name_id = 98));
	CHECK(WITH(f.family = 4) && !WITH(f.family = 6));
	CHECK(WITH(f.protocol = IPPROTO_TCP) && !WITH(f.protocol = IPPROTO_UDP) && !WITH(f.protocol = 0));
	CHECK(WITH(f.from_zone = 1) && !WITH(f.from_zone = 2));
	CHECK(WITH(f.to_zone = 2) && !WITH(f.to_zone = 1));
	CHECK(WITH(f.either_zone = 1) && WITH(f.either_zone = 2) && !WITH(f.either_zone = 3));
	CHECK(WITH(f.nat = FW_FILTER_NAT_TRANSLATED) && !WITH(f.nat = FW_FILTER_NAT_UNTRANSLATED));
}

static void ports_are_of_the_initiator_or_of_either_end_before_and_after(void)
{
	CHECK(WITH(f.source_port = 1029) && !WITH(f.source_port = 40000) && !WITH(f.source_port = 443));
	CHECK(WITH(f.destination_port = 443) && !WITH(f.destination_port = 8443));
	static const uint16_t all_ports[] = {1029, 443, 40000, 8443};
	for (unsigned i = 0; i < 4; i++)
		CHECK(WITH(f.either_port = all_ports[i]));
	CHECK(!WITH(f.either_port = 444));
}

static void prefixes_are_compared_bit_by_bit(void)
{
	static const uint8_t source[4] = {10, 0, 0, 5}, others[3][4] = {{192, 168, 1, 2}, {203, 0, 113, 5}, {198, 51, 100, 7}};
	for (uint8_t length = 1; length <= 32; length++) {
		uint8_t near[4];
		memcpy(near, source, 4);
		near[(length - 1) / 8] ^= (uint8_t)(0x80 >> (length - 1) % 8); // the last bit that counts
		CHECK(WITH(f.family = 4, f.source_length = length, memcpy(f.source, source, 4)));
		CHECK(!WITH(f.family = 4, f.source_length = length, memcpy(f.source, near, 4)));
		CHECK(WITH(f.family = 4, f.source_length = (uint8_t)(length - 1), memcpy(f.source, near, 4)));
	}
	CHECK(WITH(f.family = 4, f.destination_length = 32, memcpy(f.destination, others[0], 4)));
	CHECK(!WITH(f.family = 4, f.destination_length = 32, memcpy(f.destination, others[2], 4)));
	for (unsigned i = 0; i < 3; i++)
		CHECK(WITH(f.family = 4, f.either_length = 32, memcpy(f.either, others[i], 4)));
	CHECK(!WITH(f.family = 4, f.either_length = 32, memcpy(f.either, "\x0a\x00\x00\x06", 4)));
}

static void ages_meet_at_the_second(void)
{
	CHECK(WITH(f.older_than_s = 10) && !WITH(f.older_than_s = 11));
	CHECK(WITH(f.younger_than_s = 11) && !WITH(f.younger_than_s = 10));
	struct fw_session4 s = session();
	struct fw_session_filter f = all;
	f.younger_than_s = 1;
	CHECK(session_filter_matches4(&f, &s, NOW - 60 * SECOND)); // a clock that ran back: as old as nothing
}

static void ipv6_is_compared_whole(void)
{
	struct fw_session6 s = make6(7, 0, 100);
	struct fw_session_filter f = all;
	f.family = 6;
	f.source_length = 128;
	memcpy(f.source, s.line[0].source, 16);
	CHECK(session_filter_valid(&f) && session_filter_matches6(&f, &s, NOW));
	f.source[15] ^= 1;
	CHECK(!session_filter_matches6(&f, &s, NOW));
	f.source_length = 127;
	CHECK(session_filter_matches6(&f, &s, NOW));
	f.nat = FW_FILTER_NAT_TRANSLATED;
	CHECK(!session_filter_matches6(&f, &s, NOW));
}

static void what_is_out_of_bounds_is_no_filter(void)
{
	struct fw_session_filter f = all;
	CHECK(session_filter_valid(&f));
	f.source_length = 8; // of which family?
	CHECK(!session_filter_valid(&f));
	f.family = 4;
	CHECK(session_filter_valid(&f));
	f.source_length = 33;
	CHECK(!session_filter_valid(&f));
	f.family = 6;
	CHECK(session_filter_valid(&f));
	f.either_length = 129;
	CHECK(!session_filter_valid(&f));
	f.either_length = 0;
	f.family = 5;
	CHECK(!session_filter_valid(&f));
	f.family = 6;
	f.nat = FW_FILTER_NAT_UNTRANSLATED + 1;
	CHECK(!session_filter_valid(&f));
}

int main(void)
{
	RUN(every_field_selects_and_leaves_out);
	RUN(ports_are_of_the_initiator_or_of_either_end_before_and_after);
	RUN(prefixes_are_compared_bit_by_bit);
	RUN(ages_meet_at_the_second);
	RUN(ipv6_is_compared_whole);
	RUN(what_is_out_of_bounds_is_no_filter);
	return 0;
}
