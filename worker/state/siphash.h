// SPDX-License-Identifier: Apache-2.0
// SipHash-1-3 of whole 64-bit words, keyed by 128 secret bits: nobody who lacks the key can choose
// collisions.
#ifndef PORTCULLIS_STATE_SIPHASH_H
#define PORTCULLIS_STATE_SIPHASH_H

#include <stdint.h>

struct siphash_key {
	uint64_t word[2];
};

static inline uint64_t siphash_rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

#define SIPHASH_ROUND(a, b, c, d)                                                                  \
	do {                                                                                       \
		a += b;                                                                            \
		c += d;                                                                            \
		b = siphash_rotate(b, 13) ^ a;                                                     \
		d = siphash_rotate(d, 16) ^ c;                                                     \
		a = siphash_rotate(a, 32) + d;                                                     \
		c += b;                                                                            \
		d = siphash_rotate(d, 21) ^ a;                                                     \
		b = siphash_rotate(b, 17) ^ c;                                                     \
		c = siphash_rotate(c, 32);                                                         \
	} while (0)

static inline uint64_t siphash_words(const struct siphash_key *key, const uint64_t *words,
				     unsigned count)
{
	uint64_t a = 0x736f6d6570736575ull ^ key->word[0];
	uint64_t b = 0x646f72616e646f6dull ^ key->word[1];
	uint64_t c = 0x6c7967656e657261ull ^ key->word[0];
	uint64_t d = 0x7465646279746573ull ^ key->word[1];
	for (unsigned i = 0; i < count; i++) {
		d ^= words[i];
		SIPHASH_ROUND(a, b, c, d);
		a ^= words[i];
	}
	uint64_t last = (uint64_t)(count * 8) << 56;
	d ^= last;
	SIPHASH_ROUND(a, b, c, d);
	a ^= last;
	c ^= 0xff;
	SIPHASH_ROUND(a, b, c, d);
	SIPHASH_ROUND(a, b, c, d);
	SIPHASH_ROUND(a, b, c, d);
	return a ^ b ^ c ^ d;
}

#endif
