// SPDX-License-Identifier: Apache-2.0
// Which address and port a new flow gets. The same port for different remote ends is fine: a port
// is taken when a session has the answers' tuple already, which the caller knows.
#ifndef PORTCULLIS_NAT_PORT_H
#define PORTCULLIS_NAT_PORT_H

#include "nat/pool.h"

#define NAT_PORT_BATCH 8

// Bit per port that cannot be had. Several at a time, so that their memory is fetched together.
typedef unsigned nat_taken_fn(void *context, uint32_t address, const uint16_t *ports,
			      unsigned count);

struct nat_choice {
	uint32_t address;
	uint16_t port;
};

#define NAT_PORT_LOOKS 256u

struct nat_search {
	const struct nat_space *space;
	uint16_t wanted; // the flow's own port, kept where it can be
	bool fixed;      // it must be kept: only the address changes
	uint32_t cores;  // the port must bring answers to the core of this client; below 2: any port does
	uint8_t client[4];
	uint16_t client_port_be;
	uint32_t start;  // where the search begins
	unsigned looks;  // ports that this flow may look at beside the wanted one, shared by its addresses
	unsigned *budget; // and beyond that all flows of a burst together; shrinks
	nat_taken_fn *taken;
	void *context;
};

bool nat_port_choose(const struct nat_search *s, struct nat_choice *choice);

#endif
