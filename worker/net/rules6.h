// SPDX-License-Identifier: Apache-2.0
// Exact match of IPv6 prefixes of all VRFs. One thread; open addressing, grows as needed.
#ifndef PORTCULLIS_NET_RULES6_H
#define PORTCULLIS_NET_RULES6_H

#include "net/trie6.h"

struct rules6 {
	struct rule6 *slots;
	uint32_t mask, count;
};

void rules6_fini(struct rules6 *r);
uint32_t rules6_get(const struct rules6 *r, uint16_t vrf, struct trie6_key prefix, unsigned length); // 0: none
int rules6_reserve(struct rules6 *r); // room for one more: 0 or -ENOMEM
void rules6_set(struct rules6 *r, uint16_t vrf, struct trie6_key prefix, unsigned length, uint32_t value);
void rules6_delete(struct rules6 *r, uint16_t vrf, struct trie6_key prefix, unsigned length);

#endif
