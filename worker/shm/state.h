// SPDX-License-Identifier: Apache-2.0
// The state file, worker side: created, attached, checked, replaced.
#ifndef PORTCULLIS_SHM_STATE_H
#define PORTCULLIS_SHM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shm/layout.h"
#include "shm/state_header.h"

struct state {
	struct fw_state_header *header;
	struct fw_worker_status *status;
	// Rows of each core, one core after the other: core n's begin at [n * ...].
	struct fw_counters *counters;           // [FW_MAX_CORES]
	struct fw_table_status *tables;         // [FW_MAX_CORES * FW_TABLE_COUNT]
	struct fw_port_status *ports;           // [FW_MAX_CORES * FW_MAX_PORTS]
	struct fw_interface_status *interfaces; // [FW_MAX_CORES * FW_MAX_INTERFACES]
	struct fw_policy_counters *policies;    // [FW_MAX_CORES * FW_MAX_POLICIES]
	void *sessions4, *sessions6;            // struct fw_session4 / fw_session6 [capacity]
	struct fw_binding *bindings;            // [capacity]
	bool fresh;                             // made now, empty
	int fd;
	size_t size;
};

// Attaches the file at path, or makes it. A good file of other capacities, or of another layout with the same records
// (FW_RECORDS_HASH), is replaced by one that carries its sessions, bindings and (of the same layout) counters on. Any other
// is replaced by an empty one, never used; that is said on stderr and counted in status.kept.discarded. before: where the
// state lay until now, in pages of another size; used when there is nothing at path, and removed once path is complete; NULL:
// nowhere else. The caller holds the lock of the state directory. Returns 0 or a negative errno with one sentence in error.
int state_open(struct state *s, const char *path, const char *before, uint64_t page_size,
	       const struct state_capacity *capacity, char *error, size_t error_size);
void state_close(struct state *s);

// Sequence lock of struct fw_worker_status: one writer.
static inline void status_begin(struct fw_worker_status *status)
{
	__atomic_store_n(&status->version, status->version | 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void status_end(struct fw_worker_status *status)
{
	__atomic_store_n(&status->version, (status->version | 1) + 1, __ATOMIC_RELEASE);
}

#endif
