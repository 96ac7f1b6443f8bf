// SPDX-License-Identifier: Apache-2.0
// The whole test framework: a test is a function, a check that fails says where and ends the
// program.
#ifndef PORTCULLIS_TEST_H
#define PORTCULLIS_TEST_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s: CHECK(%s)\n", __FILE__, __LINE__, __func__,    \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define CHECK_EQ(actual, expected)                                                                 \
	do {                                                                                       \
		long long actual_ = (long long)(actual), expected_ = (long long)(expected);        \
		if (actual_ != expected_) {                                                        \
			fprintf(stderr, "%s:%d: %s: %s is %lld, expected %s = %lld\n", __FILE__,   \
				__LINE__, __func__, #actual, actual_, #expected, expected_);       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define CHECK_STR(actual, expected)                                                                \
	do {                                                                                       \
		const char *actual_ = (actual), *expected_ = (expected);                           \
		if (strcmp(actual_, expected_) != 0) {                                             \
			fprintf(stderr, "%s:%d: %s: %s is \"%s\", expected \"%s\"\n", __FILE__,    \
				__LINE__, __func__, #actual, actual_, expected_);                  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

// Runs one test function and names it.
#define RUN(test)                                                                                  \
	do {                                                                                       \
		printf("%s\n", #test);                                                             \
		fflush(stdout);                                                                    \
		test();                                                                            \
	} while (0)

// Reproducible random numbers (xorshift64*).
static inline uint64_t test_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dull;
}

static inline uint32_t test_below(uint64_t *seed, uint32_t bound)
{
	return (uint32_t)((test_random(seed) >> 32) * bound >> 32);
}

#endif
