// SPDX-License-Identifier: Apache-2.0
// Exact match of IPv4 prefixes of all VRFs. One thread; open addressing, grows as needed.
#ifndef PORTCULLIS_NET_RULES_H
#define PORTCULLIS_NET_RULES_H

#include <stdint.h>

struct rules {
	struct rule *slots;
	uint32_t mask, count;
};

void rules_fini(struct rules *r);
uint32_t rules_get(const struct rules *r, uint16_t vrf, uint32_t prefix, unsigned length); // 0: none
int rules_reserve(struct rules *r); // room for one more: 0 or -ENOMEM
void rules_set(struct rules *r, uint16_t vrf, uint32_t prefix, unsigned length, uint32_t value);
void rules_delete(struct rules *r, uint16_t vrf, uint32_t prefix, unsigned length);

#endif
