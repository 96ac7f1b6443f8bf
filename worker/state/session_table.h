// SPDX-License-Identifier: Apache-2.0
// The inside of a session table, for session*.c and the lookup that is compiled into the packet path.
#ifndef PORTCULLIS_STATE_SESSION_TABLE_H
#define PORTCULLIS_STATE_SESSION_TABLE_H

#include <stdbool.h>
#include <string.h>
#include "shm/layout.h"
#include "state/hash.h"
#include "state/session_index.h"
#include "state/session_pool.h"
#include "state/session_wheel.h"

struct session_table {
	// every lookup
	struct session_index index;
	uint8_t *entries; // in the state file
	struct hash_secret secret;
	// opening, closing, expiry
	struct session_pool *pool; // shared by the tables of all cores
	struct session_stock stock; // free entries at hand
	struct session_wheel wheel;
	struct fw_table_status *status; // use, for people
	struct fw_table_status unseen; // where it is counted until session_report()
	uint64_t next_id, id_step;
	uint32_t count;
	uint8_t family, core;
};

static inline struct fw_session4 *table_entry4(const struct session_table *s, uint32_t session)
{
	return &((struct fw_session4 *)(void *)s->entries)[session];
}

static inline struct fw_session6 *table_entry6(const struct session_table *s, uint32_t session)
{
	return &((struct fw_session6 *)(void *)s->entries)[session];
}

static inline struct fw_session_cold *table_cold(const struct session_table *s, uint32_t session)
{
	return s->family == 4 ? &table_entry4(s, session)->cold : &table_entry6(s, session)->cold;
}

static inline struct fw_session_track *table_track(const struct session_table *s, uint32_t session)
{
	return s->family == 4 ? &table_entry4(s, session)->track : &table_entry6(s, session)->track;
}

uint64_t table_hash_line(const struct session_table *s, uint32_t session, unsigned direction);
bool table_known(const struct session_table *s, uint32_t session, unsigned direction, uint64_t hash);
bool table_index(struct session_table *s, uint32_t session, const uint64_t hashes[2]);
uint32_t table_deadline(const struct session_table *s, uint32_t session, uint32_t now);
void table_counted(struct session_table *s); // after count has changed

#endif
