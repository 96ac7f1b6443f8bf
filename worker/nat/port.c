// SPDX-License-Identifier: Apache-2.0
#include "nat/port.h"

#include <arpa/inet.h>
#include "nat/rows.h"
#include "steer/ports.h"
#include "steer/steer.h"

static bool is_free(const struct nat_search *s, uint32_t address, uint16_t port)
{
	return s->taken(s->context, address, &port, 1) == 0;
}

static bool keeps_owner(const struct nat_search *s, uint32_t address, uint16_t port)
{
	uint8_t bytes[4];
	nat_store(bytes, address);
	return s->cores < 2 || steer_port_fits(s->cores, s->client, s->client_port_be, bytes, htons(port));
}

// The next ports that keep the owner, as far as looks and the budget go.
static unsigned next_batch(const struct nat_search *s, const struct steer_ports *ports, uint32_t *done,
			   unsigned *looks, uint16_t batch[NAT_PORT_BATCH])
{
	uint32_t at = (s->start % ports->count + *done) % ports->count;
	unsigned count = 0;
	while (count < NAT_PORT_BATCH && *done < ports->count) {
		uint16_t port = steer_ports_at(ports, at);
		if (port != 0 && *looks == 0 && *s->budget == 0)
			break;
		++*done;
		at = at + 1 == ports->count ? 0 : at + 1;
		if (port == 0)
			continue;
		if (*looks != 0)
			--*looks;
		else
			--*s->budget;
		batch[count++] = port;
	}
	return count;
}

// Looks at the ports of one address in a circle; looks of them are this flow's own.
static bool search(const struct nat_search *s, uint32_t address, unsigned looks,
		   struct nat_choice *choice)
{
	uint8_t bytes[4];
	uint16_t batch[NAT_PORT_BATCH];
	uint32_t done = 0;
	unsigned count;
	nat_store(bytes, address);
	struct steer_ports ports = steer_ports(s->cores, s->client, s->client_port_be, bytes,
					       s->space->low, s->space->high);
	while ((count = next_batch(s, &ports, &done, &looks, batch)) != 0) {
		unsigned free =
		    ~s->taken(s->context, address, batch, count) & ((1u << count) - 1);
		if (free != 0) {
			*choice = (struct nat_choice){address, batch[__builtin_ctz(free)]};
			return true;
		}
	}
	return false;
}

bool nat_port_choose(const struct nat_search *s, struct nat_choice *choice)
{
	bool fits = s->fixed || (s->wanted >= s->space->low && s->wanted <= s->space->high);
	for (uint32_t attempt = 0; attempt < s->space->tries; attempt++) {
		uint32_t address = nat_space_address(s->space, attempt);
		if (fits && keeps_owner(s, address, s->wanted) && is_free(s, address, s->wanted)) {
			*choice = (struct nat_choice){address, s->wanted};
			return true;
		}
		if (!s->fixed && search(s, address, s->looks / s->space->tries, choice))
			return true;
	}
	return false;
}
