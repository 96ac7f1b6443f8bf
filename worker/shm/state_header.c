// SPDX-License-Identifier: Apache-2.0
#include "shm/state_header.h"
#include <stddef.h>
#include "shm/crc32c.h"
#include "shm/layout_hash.gen.h"

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

struct fw_state_header state_header(const struct state_capacity *capacity, uint64_t page_size)
{
	struct fw_state_header h = {.magic = FW_STATE_MAGIC,
				    .layout_version = FW_LAYOUT_VERSION,
				    .header_size = sizeof(h),
				    .layout_hash = FW_LAYOUT_HASH,
				    .records_hash = FW_RECORDS_HASH,
				    .sessions4_capacity = capacity->sessions4,
				    .sessions6_capacity = capacity->sessions6,
				    .bindings_capacity = capacity->bindings};
	uint64_t at = round_up(sizeof(h), STATE_PART);
	h.status_offset = at;
	h.kept_offset = at + offsetof(struct fw_worker_status, kept);
	at += round_up(sizeof(struct fw_worker_status), STATE_PART);
	h.counters_offset = at;
	at += round_up(sizeof(struct fw_counters) * FW_MAX_CORES, STATE_PART);
	h.tables_offset = at;
	at += round_up(sizeof(struct fw_table_status) * FW_MAX_CORES * FW_TABLE_COUNT, STATE_PART);
	h.ports_offset = at;
	at += round_up(sizeof(struct fw_port_status) * FW_MAX_CORES * FW_MAX_PORTS, STATE_PART);
	h.interfaces_offset = at;
	at += round_up(sizeof(struct fw_interface_status) * FW_MAX_CORES * FW_MAX_INTERFACES, STATE_PART);
	h.policies_offset = at;
	at += round_up(sizeof(struct fw_policy_counters) * FW_MAX_CORES * FW_MAX_POLICIES, STATE_PART);
	h.sessions4_offset = at;
	at += round_up(sizeof(struct fw_session4) * capacity->sessions4, STATE_PART);
	h.sessions6_offset = at;
	at += round_up(sizeof(struct fw_session6) * capacity->sessions6, STATE_PART);
	h.bindings_offset = at;
	at += round_up(sizeof(struct fw_binding) * capacity->bindings, STATE_PART);
	h.file_size = round_up(at, page_size);
	h.checksum = crc32c(&h, offsetof(struct fw_state_header, checksum));
	return h;
}

uint64_t state_size(const struct state_capacity *capacity, uint64_t page_size)
{
	return state_header(capacity, page_size).file_size;
}
