// SPDX-License-Identifier: Apache-2.0
#include "pipeline/checksum.h"
#include "test.h"

// RFC 1071 as it is written: 16-bit words in network order.
static uint16_t plain(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | (i + 1 < length ? bytes[i + 1] : 0);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void agrees_with_the_plain_sum_at_every_length_and_alignment(void)
{
	uint64_t seed = 7;
	uint8_t bytes[320];
	for (unsigned round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = round % 3 == 0 ? 0xff : (uint8_t)test_random(&seed);
		size_t offset = test_below(&seed, 8), length = test_below(&seed, 300);
		uint8_t field[2];
		checksum_store(field, checksum_add(0, bytes + offset, length));
		CHECK_EQ(field[0] << 8 | field[1], plain(bytes + offset, length));
	}
}

static void parts_add_up_to_the_whole(void)
{
	uint8_t bytes[64];
	for (unsigned i = 0; i < 64; i++)
		bytes[i] = (uint8_t)(i * 37);
	for (size_t cut = 0; cut <= 64; cut += 2)
		CHECK_EQ(
		    checksum_fold(checksum_add(checksum_add(0, bytes, cut), bytes + cut, 64 - cut)),
		    checksum_fold(checksum_add(0, bytes, 64)));
}

static void decrement_keeps_every_header_right(void)
{
	uint8_t ip[20] = {0x45, 0, 0, 40, 0, 0, 0x40, 0, 0, 0, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
	for (unsigned ttl = 1; ttl < 256; ttl++) {
		for (unsigned id = 0; id < 65536; id += 13) {
			ip[4] = (uint8_t)(id >> 8);
			ip[5] = (uint8_t)id;
			ip[8] = (uint8_t)ttl;
			ip[9] = (uint8_t)id;
			ip[10] = ip[11] = 0;
			checksum_store(ip + 10, checksum_add(0, ip, 20));
			CHECK(checksum_ok(ip, 20));
			checksum_decrement_ttl(ip);
			CHECK_EQ(ip[8], ttl - 1);
			CHECK(checksum_ok(ip, 20));
		}
	}
}

int main(void)
{
	RUN(agrees_with_the_plain_sum_at_every_length_and_alignment);
	RUN(parts_add_up_to_the_whole);
	RUN(decrement_keeps_every_header_right);
	return 0;
}
