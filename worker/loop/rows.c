// SPDX-License-Identifier: Apache-2.0
// Status rows of a core follow their port or interface by name when a generation gives it another row.
#include <string.h>
#include "loop/loop.h"

static const void *rows_of(const struct tables *t, struct fw_section s)
{
	return (const char *)t->program + s.offset;
}

static void rows_move_ports(struct fw_port_status *rows, const struct tables *t)
{
	struct fw_port_status old[FW_MAX_PORTS];
	const struct fw_port_row *names = rows_of(t, t->program->ports);
	memcpy(old, rows, sizeof(old));
	for (uint32_t i = 0; i < FW_MAX_PORTS; i++) {
		struct fw_port_status row = {0};
		for (uint32_t j = 0; i < t->port_count && j < FW_MAX_PORTS; j++)
			if (strncmp(old[j].name, names[i].name, FW_NAME_SIZE) == 0)
				row = old[j];
		if (i < t->port_count)
			memcpy(row.name, names[i].name, sizeof(row.name));
		rows[i] = row;
	}
}

static void rows_move_interfaces(struct fw_interface_status *rows, const struct tables *t)
{
	struct fw_interface_status old[FW_MAX_INTERFACES];
	memcpy(old, rows, sizeof(old));
	for (uint32_t i = 0; i < FW_MAX_INTERFACES; i++) {
		struct fw_interface_status row = {0};
		for (uint32_t j = 0; i < t->interface_count && j < FW_MAX_INTERFACES; j++)
			if (strncmp(old[j].name, t->interfaces[i].name, FW_IFNAME_SIZE) == 0)
				row = old[j];
		if (i < t->interface_count)
			memcpy(row.name, t->interfaces[i].name, sizeof(row.name));
		rows[i] = row;
	}
}

void loop_move_rows(const struct loop_state *state, const struct tables *tables)
{
	rows_move_ports(state->ports, tables);
	rows_move_interfaces(state->interfaces, tables);
}
