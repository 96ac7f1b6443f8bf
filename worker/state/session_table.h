// SPDX-License-Identifier: Apache-2.0
// The inside of a session table, for session*.c only.
#ifndef PORTCULLIS_STATE_SESSION_TABLE_H
#define PORTCULLIS_STATE_SESSION_TABLE_H

#include <string.h>
#include "state/session.h"
#include "state/session_index.h"
#include "state/session_wheel.h"
#include "state/hash.h"

struct session_table {
	struct session_index index;
	struct hash_secret secret;
	uint8_t *entries; // in the state file
	uint32_t capacity, count;
	uint32_t free; // first free session, linked by wheel.next; FW_NO_INDEX: none
	uint8_t family;
	uint64_t next_id;
	struct session_wheel wheel;
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

static inline const uint8_t *table_line(const struct session_table *s, uint32_t entry)
{
	return s->family == 4 ? (const uint8_t *)&table_entry4(s, entry >> 1)->line[entry & 1]
			      : (const uint8_t *)&table_entry6(s, entry >> 1)->line[entry & 1];
}

// Words of the key at the start of a line: 2 or 5.
static inline unsigned table_key_words(const struct session_table *s)
{
	return s->family == 4 ? 2 : 5;
}

uint64_t table_hash_line(const struct session_table *s, const void *line);
bool table_index(struct session_table *s, uint32_t session);
void table_unindex(struct session_table *s, uint32_t session);
uint32_t table_deadline(const struct session_table *s, uint32_t session, uint32_t now);

#endif
