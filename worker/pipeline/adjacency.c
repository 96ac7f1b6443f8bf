// SPDX-License-Identifier: Apache-2.0
#include "pipeline/adjacency.h"

#include <string.h>

void adjacency_reset(struct core *c)
{
	c->generations++;
	adjacency_refresh(c);
}

const struct adjacency *adjacency_make(struct core *c, uint16_t slot)
{
	struct adjacency *a = &c->adjacencies[slot];
	uint16_t row = c->slot_interface[slot];
	uint8_t mac[6];
	if (row >= c->tables->interface_count || !neighbor_mac(c->config.neighbors, slot, mac))
		return NULL;
	const struct interface *out = &c->tables->interfaces[row];
	uint8_t header[16] = {0};
	memcpy(header, mac, 6);
	memcpy(header + 6, out->mac, 6);
	memcpy(&a->front, header, 8);
	memcpy(&a->back, header + 6, 8);
	a->interface = row;
	a->port = (uint8_t)out->port;
	a->mtu = out->mtu != 0 ? out->mtu : UINT16_MAX;
	a->vlan = out->vlan;
	a->l2_length = out->vlan != 0 ? 18 : 14;
	a->changes = c->neighbor_changes;
	return a;
}
