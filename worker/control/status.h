// SPDX-License-Identifier: Apache-2.0
// Writes struct fw_worker_status under its sequence lock, and the control thread's fields of the port and interface rows.
#ifndef PORTCULLIS_CONTROL_STATUS_H
#define PORTCULLIS_CONTROL_STATUS_H

#include "control/layer.h"
#include "loop/clock.h"
#include "options.h"
#include "shm/state.h"
#include "tables/tables.h"

// First words of a worker on this file: who, since when, phase starting. Leaves what an earlier one left about the program.
void status_start(struct fw_worker_status *s, const struct options *o);
void status_phase(struct fw_worker_status *s, enum fw_worker_phase phase);
void status_heartbeat(struct fw_worker_status *s, const struct clock *clock);

// Before publication to the core: sessions that are admitted under the epoch must never be older than its hash here.
void status_adopt(struct fw_worker_status *s, const struct fw_program *p, uint32_t epoch);
void status_accepted(struct fw_worker_status *s, uint64_t sequence,
		     const uint8_t hash[FW_HASH_SIZE]);
void status_refused(struct fw_worker_status *s, uint64_t sequence, const uint8_t hash[FW_HASH_SIZE],
		    const struct program_fault *fault);
void status_rx_mode(struct fw_worker_status *s, const struct layer *l, const struct generation *g);
void status_port_rx(struct fw_port_status *row, const struct layer *l, const struct generation *g, uint32_t i);

// Use of the control thread's own tables. before: what was refused when the worker started.
struct status_tables {
	struct fw_table_status *rows; // of the first core
	uint64_t before[FW_TABLE_COUNT];
};
void status_tables_start(struct status_tables *t, const struct state *s);
void status_table(const struct status_tables *t, enum fw_table table, struct fw_table_status now);

// True when the state of a port, or how it wakes a core, has changed.
bool status_ports(struct fw_port_status *rows, const struct layer *l, const struct generation *g);
void status_interfaces(struct fw_interface_status *rows, const struct layer *l);

#endif
