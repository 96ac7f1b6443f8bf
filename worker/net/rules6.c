// SPDX-License-Identifier: Apache-2.0
#include "net/rules6.h"

#include <errno.h>
#include <stdlib.h>

struct rule6 {
	struct trie6_key prefix;
	uint32_t name; // VRF << 16 | length << 8 | 1; 0: free
	uint32_t value;
};

static struct rule6 rule_of(uint16_t vrf, struct trie6_key prefix, unsigned length, uint32_t value)
{
	return (struct rule6){prefix, (uint32_t)vrf << 16 | length << 8 | 1, value};
}

static uint32_t place(const struct rules6 *r, const struct rule6 *key)
{
	uint64_t h = (key->prefix.high ^ key->name * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
	h = (h ^ h >> 32 ^ key->prefix.low) * 0xd6e8feb86659fd93u;
	return (uint32_t)(h >> 32) & r->mask;
}

static bool equal(const struct rule6 *a, const struct rule6 *b)
{
	return a->name == b->name && a->prefix.high == b->prefix.high && a->prefix.low == b->prefix.low;
}

// Where the key stands, or the free slot where it would.
static struct rule6 *find(const struct rules6 *r, const struct rule6 *key)
{
	uint32_t at = place(r, key);
	while (r->slots[at].name != 0 && !equal(&r->slots[at], key))
		at = (at + 1) & r->mask;
	return &r->slots[at];
}

void rules6_fini(struct rules6 *r)
{
	free(r->slots);
	*r = (struct rules6){0};
}

uint32_t rules6_get(const struct rules6 *r, uint16_t vrf, struct trie6_key prefix, unsigned length)
{
	struct rule6 key = rule_of(vrf, prefix, length, 0);
	return r->slots == NULL ? 0 : find(r, &key)->value;
}

int rules6_reserve(struct rules6 *r)
{
	if (r->slots != NULL && r->count < r->mask / 4 * 3)
		return 0;
	struct rules6 larger = {.mask = r->slots == NULL ? 63 : r->mask * 2 + 1};
	larger.slots = calloc((size_t)larger.mask + 1, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; r->slots != NULL && i <= r->mask; i++)
		if (r->slots[i].name != 0)
			*find(&larger, &r->slots[i]) = r->slots[i];
	larger.count = r->count;
	free(r->slots);
	*r = larger;
	return 0;
}

void rules6_set(struct rules6 *r, uint16_t vrf, struct trie6_key prefix, unsigned length, uint32_t value)
{
	struct rule6 fresh = rule_of(vrf, prefix, length, value), *at = find(r, &fresh);
	r->count += at->name == 0;
	*at = fresh;
}

// Later entries of the same run close the gap, so that a search may end at a free slot.
void rules6_delete(struct rules6 *r, uint16_t vrf, struct trie6_key prefix, unsigned length)
{
	struct rule6 key = rule_of(vrf, prefix, length, 0), *at = find(r, &key);
	if (at->name == 0)
		return;
	uint32_t hole = (uint32_t)(at - r->slots);
	for (uint32_t i = (hole + 1) & r->mask; r->slots[i].name != 0; i = (i + 1) & r->mask) {
		uint32_t home = place(r, &r->slots[i]);
		if (((i - home) & r->mask) >= ((i - hole) & r->mask)) {
			r->slots[hole] = r->slots[i];
			hole = i;
		}
	}
	r->slots[hole] = (struct rule6){0};
	r->count--;
}
