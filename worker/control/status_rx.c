// SPDX-License-Identifier: Apache-2.0
// Receive modes: what every port and core is asked for, what it does, and why that differs.
#include <stdio.h>
#include <string.h>
#include "control/status.h"

static bool status_asked(const struct layer *l, uint32_t i)
{
	return l->ports[i].port != NULL && layer_rx_mode(l, i) != FW_RX_POLLING;
}

// Why a port cannot do what it is asked for; NULL: it can.
static const char *status_silent(const struct layer *l, uint32_t i)
{
	if (!status_asked(l, i) || port_wakes(l->ports[i].port))
		return NULL;
	return atomic_load(&l->ports[i].port->wake) == FW_WAKE_SILENT ?
		       "its interrupts were armed and did not come" :
		       "its driver has no rx interrupts";
}

// The port that keeps this one's core awake, FW_NO_INDEX: none. It is polled because it is asked for, or cannot be otherwise.
static uint32_t status_awake(const struct layer *l, uint32_t i)
{
	const struct port *own = l->ports[i].port;
	for (uint32_t core = 0; core < l->cores; core++)
		for (uint32_t j = 0; port_read_by(own, core) && j < l->port_count; j++)
			if (j != i && l->ports[j].port != NULL && port_read_by(l->ports[j].port, core) &&
			    (layer_rx_mode(l, j) == FW_RX_POLLING || status_silent(l, j) != NULL))
				return j;
	return FW_NO_INDEX;
}

// The mode of the cores that read it: of several the one that is most awake.
static enum fw_rx_mode status_port_mode(const struct layer *l, const struct generation *g, uint32_t i)
{
	enum fw_rx_mode mode = 0;
	for (uint32_t core = 0; core < l->cores; core++)
		if (port_read_by(l->ports[i].port, core))
			mode = idle_both(mode, loop_mode(g, core));
	return mode;
}

static void status_port_reason(const struct layer *l, uint32_t i, char *out, size_t size)
{
	const char *own = status_silent(l, i);
	uint32_t other = status_awake(l, i);
	if (own != NULL)
		snprintf(out, size, "Port %s cannot wake a sleeping core, so it is polled: %s.",
			 l->ports[i].row.name, own);
	else if (other != FW_NO_INDEX)
		snprintf(out, size, "The core that reads it also reads port %s, which is polled.",
			 l->ports[other].row.name);
	else
		snprintf(out, size, "The core that reads it also reads a port in Adaptive mode.");
}

void status_rx_mode(struct fw_worker_status *s, const struct layer *l, const struct generation *g)
{
	uint32_t requested = l->tables->program->rx_mode, effective = requested;
	char reason[FW_MESSAGE_SIZE] = "";
	status_begin(s);
	for (uint32_t core = 0; core < s->core_count; core++)
		s->core_rx_mode[core] = (uint8_t)loop_mode(g, core);
	for (uint32_t i = l->port_count; i-- > 0;) {
		if (status_silent(l, i) == NULL)
			continue;
		requested = layer_rx_mode(l, i);
		effective = FW_RX_POLLING;
		status_port_reason(l, i, reason, sizeof(reason));
	}
	s->rx_mode_requested = requested;
	s->rx_mode_effective = effective;
	memcpy(s->rx_mode_reason, reason, sizeof(s->rx_mode_reason));
	status_end(s);
}

void status_port_rx(struct fw_port_status *row, const struct layer *l, const struct generation *g, uint32_t i)
{
	char reason[FW_MESSAGE_SIZE] = "";
	row->rx_mode_requested = (uint8_t)layer_rx_mode(l, i);
	row->rx_mode_effective = l->ports[i].port != NULL ? (uint8_t)status_port_mode(l, g, i) : 0;
	row->rx_wake = l->ports[i].port != NULL ? (uint8_t)atomic_load(&l->ports[i].port->wake) : FW_WAKE_NONE;
	if (l->ports[i].port != NULL && row->rx_mode_effective != row->rx_mode_requested)
		status_port_reason(l, i, reason, sizeof(reason));
	memcpy(row->rx_mode_reason, reason, sizeof(row->rx_mode_reason));
}
