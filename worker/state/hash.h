// SPDX-License-Identifier: Apache-2.0
// The keyed hash of session keys: folded 64 x 64 -> 128 bit multiplications, each factor masked by secret words that are
// drawn at every start. Who does not know them can neither compute a hash nor see one, so cannot choose keys that collide.
// A factor of zero would swallow the other one; therefore a fold keeps the factors beside the product, and the last one
// multiplies with an odd constant of the secret.
#ifndef PORTCULLIS_STATE_HASH_H
#define PORTCULLIS_STATE_HASH_H

#include <stdint.h>

struct hash_secret {
	uint64_t word[8];
};

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;
	return a ^ b ^ (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Of 16 bytes: two multiplications.
static inline uint64_t hash_words2(const struct hash_secret *s, const uint64_t w[2])
{
	uint64_t x = hash_fold(w[0] ^ s->word[0], w[1] ^ s->word[1]);
	return hash_fold(x ^ s->word[2], s->word[3] | 1);
}

// Of 40 bytes: four, two of them side by side.
static inline uint64_t hash_words5(const struct hash_secret *s, const uint64_t w[5])
{
	uint64_t x = hash_fold(w[0] ^ s->word[0], w[1] ^ s->word[1]);
	uint64_t y = hash_fold(w[2] ^ s->word[4], w[3] ^ s->word[5]);
	uint64_t z = hash_fold(x ^ w[4] ^ s->word[6], y ^ s->word[7]);
	return hash_fold(z ^ s->word[2], s->word[3] | 1);
}

#endif
