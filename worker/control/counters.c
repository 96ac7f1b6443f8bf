// SPDX-License-Identifier: Apache-2.0
#include "control/counters.h"

#include <string.h>

static void fold_words(void *to, void *from, size_t size)
{
	uint64_t *a = to, *b = from;
	for (size_t i = 0; i < size / sizeof(*a); i++) {
		a[i] += b[i];
		b[i] = 0;
	}
}

static void fold_ports(struct fw_port_status *to, struct fw_port_status *from)
{
	for (uint32_t i = 0; i < FW_MAX_PORTS; i++)
		for (uint32_t j = 0; from[i].name[0] != '\0' && j < FW_MAX_PORTS; j++) {
			if (memcmp(to[j].name, from[i].name, sizeof(to[j].name)) != 0)
				continue;
			to[j].rx_packets += from[i].rx_packets;
			to[j].rx_bytes += from[i].rx_bytes;
			to[j].tx_packets += from[i].tx_packets;
			to[j].tx_bytes += from[i].tx_bytes;
			to[j].wakeups += from[i].wakeups;
			to[j].wakeups_missed += from[i].wakeups_missed;
		}
	memset(from, 0, sizeof(*from) * FW_MAX_PORTS);
}

static void fold_interfaces(struct fw_interface_status *to, struct fw_interface_status *from)
{
	for (uint32_t i = 0; i < FW_MAX_INTERFACES; i++)
		for (uint32_t j = 0; from[i].name[0] != '\0' && j < FW_MAX_INTERFACES; j++) {
			if (memcmp(to[j].name, from[i].name, sizeof(to[j].name)) != 0)
				continue;
			to[j].rx_packets += from[i].rx_packets;
			to[j].rx_bytes += from[i].rx_bytes;
			to[j].tx_packets += from[i].tx_packets;
			to[j].tx_bytes += from[i].tx_bytes;
			to[j].punted += from[i].punted;
			to[j].from_host += from[i].from_host;
		}
	memset(from, 0, sizeof(*from) * FW_MAX_INTERFACES);
}

// A policy counts in the same slot on every core.
static void fold_policies(struct fw_policy_counters *to, struct fw_policy_counters *from)
{
	for (uint32_t i = 0; i < FW_MAX_POLICIES; i++) {
		if (from[i].name_id != 0 && to[i].name_id == from[i].name_id) {
			to[i].packets += from[i].packets;
			to[i].bytes += from[i].bytes;
			to[i].sessions += from[i].sessions;
		}
		memset(&from[i], 0, sizeof(from[i]));
	}
}

void counters_fold(struct state *s, uint32_t cores)
{
	struct fw_counters *first = &s->counters[0];
	uint64_t out = 0, in = 0;
	for (uint32_t n = 0; n < FW_MAX_CORES; n++) {
		out += s->counters[n].steered;
		in += s->counters[n].steered_in;
		s->counters[n].sessions4 = s->counters[n].sessions6 = 0;
	}
	if (out > in) {
		first->dropped[FW_DROP_STEER_QUEUE_FULL] += out - in;
		first->steered_in += out - in;
	}
	for (uint32_t n = cores; n < FW_MAX_CORES; n++) {
		fold_words(first, &s->counters[n], sizeof(*first));
		fold_ports(&s->ports[0], &s->ports[n * FW_MAX_PORTS]);
		fold_interfaces(&s->interfaces[0], &s->interfaces[n * FW_MAX_INTERFACES]);
		fold_policies(&s->policies[0], &s->policies[n * FW_MAX_POLICIES]);
		for (uint32_t t = 0; t < FW_TABLE_COUNT; t++) {
			s->tables[t].refused += s->tables[n * FW_TABLE_COUNT + t].refused;
			memset(&s->tables[n * FW_TABLE_COUNT + t], 0, sizeof(s->tables[0]));
		}
	}
}
