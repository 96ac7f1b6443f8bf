// SPDX-License-Identifier: Apache-2.0
#include "nat/port.h"

static bool is_free(const struct nat_search *s, uint32_t address, uint16_t port)
{
	return s->taken(s->context, address, &port, 1) == 0;
}

// Looks at the ports of one address in a circle, as far as looks goes.
static bool search(const struct nat_search *s, uint32_t address, unsigned looks,
		   struct nat_choice *choice)
{
	uint32_t ports = s->space->high - s->space->low + 1u, at = s->start % ports;
	while (looks != 0) {
		uint16_t batch[NAT_PORT_BATCH];
		unsigned count = looks < NAT_PORT_BATCH ? looks : NAT_PORT_BATCH;
		for (unsigned i = 0; i < count; i++) {
			batch[i] = (uint16_t)(s->space->low + at);
			at = at + 1 == ports ? 0 : at + 1;
		}
		unsigned free =
		    ~s->taken(s->context, address, batch, count) & ((1u << count) - 1);
		if (free != 0) {
			*choice = (struct nat_choice){address, batch[__builtin_ctz(free)]};
			return true;
		}
		looks -= count;
	}
	return false;
}

// Each address gets its share.
static unsigned take_looks(const struct nat_search *s, unsigned *left, uint32_t addresses)
{
	uint32_t ports = s->space->high - s->space->low + 1u;
	unsigned looks = *left / addresses;
	if (looks > ports)
		looks = ports;
	if (looks > *s->budget)
		looks = *s->budget;
	*left -= looks;
	*s->budget -= looks;
	return looks;
}

bool nat_port_choose(const struct nat_search *s, struct nat_choice *choice)
{
	unsigned left = s->fixed ? 0 : s->looks;
	bool fits = s->fixed || (s->wanted >= s->space->low && s->wanted <= s->space->high);
	for (uint32_t attempt = 0; attempt < s->space->tries; attempt++) {
		uint32_t address = nat_space_address(s->space, attempt);
		if (fits && is_free(s, address, s->wanted)) {
			*choice = (struct nat_choice){address, s->wanted};
			return true;
		}
		if (search(s, address, take_looks(s, &left, s->space->tries - attempt), choice))
			return true;
	}
	return false;
}
