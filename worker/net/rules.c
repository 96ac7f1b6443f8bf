// SPDX-License-Identifier: Apache-2.0
#include "net/rules.h"

#include <errno.h>
#include <stdlib.h>

struct rule {
	uint64_t key; // 0: free
	uint32_t value;
	uint32_t pad;
};

static uint64_t key_of(uint16_t vrf, uint32_t prefix, unsigned length)
{
	return 1ull << 63 | (uint64_t)vrf << 40 | (uint64_t)length << 32 | prefix;
}

static uint32_t place(const struct rules *r, uint64_t key)
{
	return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & r->mask;
}

// Where the key stands, or the free slot where it would.
static struct rule *find(const struct rules *r, uint64_t key)
{
	uint32_t at = place(r, key);
	while (r->slots[at].key != 0 && r->slots[at].key != key)
		at = (at + 1) & r->mask;
	return &r->slots[at];
}

void rules_fini(struct rules *r)
{
	free(r->slots);
	*r = (struct rules){0};
}

uint32_t rules_get(const struct rules *r, uint16_t vrf, uint32_t prefix, unsigned length)
{
	return r->slots == NULL ? 0 : find(r, key_of(vrf, prefix, length))->value;
}

int rules_reserve(struct rules *r)
{
	if (r->slots != NULL && r->count < r->mask / 4 * 3)
		return 0;
	struct rules larger = {.mask = r->slots == NULL ? 1023 : r->mask * 2 + 1};
	larger.slots = calloc((size_t)larger.mask + 1, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; r->slots != NULL && i <= r->mask; i++)
		if (r->slots[i].key != 0)
			*find(&larger, r->slots[i].key) = r->slots[i];
	larger.count = r->count;
	free(r->slots);
	*r = larger;
	return 0;
}

void rules_set(struct rules *r, uint16_t vrf, uint32_t prefix, unsigned length, uint32_t value)
{
	struct rule *at = find(r, key_of(vrf, prefix, length));
	r->count += at->key == 0;
	*at = (struct rule){.key = key_of(vrf, prefix, length), .value = value};
}

// Later entries of the same run close the gap, so that a search may end at a free slot.
void rules_delete(struct rules *r, uint16_t vrf, uint32_t prefix, unsigned length)
{
	struct rule *at = find(r, key_of(vrf, prefix, length));
	if (at->key == 0)
		return;
	uint32_t hole = (uint32_t)(at - r->slots);
	for (uint32_t i = (hole + 1) & r->mask; r->slots[i].key != 0; i = (i + 1) & r->mask) {
		uint32_t home = place(r, r->slots[i].key);
		if (((i - home) & r->mask) >= ((i - hole) & r->mask)) {
			r->slots[hole] = r->slots[i];
			hole = i;
		}
	}
	r->slots[hole] = (struct rule){0};
	r->count--;
}
