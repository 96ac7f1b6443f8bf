// SPDX-License-Identifier: Apache-2.0
// Headers of later pieces, for random lists of options.
#include "pipeline/fragment_send.h"
#include "test.h"

static uint32_t later(const uint8_t *options, uint32_t count, uint8_t *out)
{
	uint8_t ip[60] = {0x45, 3, 1, 2, 9, 9, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
	memcpy(ip + 20, options, count);
	ip[0] = (uint8_t)(0x40 | (20 + count) / 4);
	memset(out, 0xee, 60);
	uint32_t length = fragment_later_header(ip, 20 + count, out);
	CHECK_EQ(memcmp(out + 1, ip + 1, 19), 0);
	CHECK_EQ((out[0] & 15) * 4, length);
	return length;
}

static void only_copied_options_are_repeated(void)
{
	static const uint8_t options[] = {1, 7, 4, 5, 9, 0x94, 4, 1, 2, 1, 0x82, 3, 7, 0, 0, 0};
	static const uint8_t copied[] = {0x94, 4, 1, 2, 0x82, 3, 7, 0};
	uint8_t out[60];
	CHECK_EQ(later(options, sizeof(options), out), 28);
	CHECK_EQ(memcmp(out + 20, copied, sizeof(copied)), 0);
}

static void nothing_is_read_behind_the_end_of_the_list(void)
{
	static const uint8_t options[] = {0x94, 4, 1, 2, 0, 0x94, 255, 1};
	uint8_t out[60];
	CHECK_EQ(later(options, sizeof(options), out), 24);
	CHECK_EQ(later(options, 0, out), 20);
}

// Good lists, as the parser lets them pass.
static void random_lists_fit(void)
{
	uint64_t seed = 5;
	uint8_t options[40], out[60];
	for (unsigned round = 0; round < 100000; round++) {
		uint32_t at = 0, count = test_below(&seed, 11) * 4, copied = 0;
		while (at < count) {
			uint32_t left = count - at, size = 2 + test_below(&seed, 10);
			uint8_t kind = (uint8_t)test_below(&seed, 256);
			options[at] = kind;
			if (kind > 1 && size > left)
				options[at] = kind = 0;
			if (kind == 0)
				break;
			if (kind == 1)
				size = 1;
			else
				options[at + 1] = (uint8_t)size;
			copied += kind & 0x80 ? size : 0;
			at += size;
		}
		CHECK_EQ(later(options, count, out), 20 + (copied + 3) / 4 * 4);
	}
}

int main(void)
{
	RUN(only_copied_options_are_repeated);
	RUN(nothing_is_read_behind_the_end_of_the_list);
	RUN(random_lists_fit);
	return 0;
}
