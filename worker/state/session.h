// SPDX-License-Identifier: Apache-2.0
// The session table: entries in the state file (struct fw_session4 / fw_session6), index and timers
// in private memory.
//
// Index: two-choice 64-byte buckets of eight 16-bit tags and eight 32-bit entries (session * 2 +
// direction), hash keyed by a secret drawn at every start (hash.h), so no attacker can choose
// collisions. Both directions of a session are inserted. Only the entries survive a crash:
// session_attach() scans them, checks each (valid word, checksum, mirrored keys, bounds), rebuilds
// index, free list and timer wheel, and discards what is damaged.
//
// Commit order of an entry: fill everything, release fence, valid = FW_SESSION_VALID. Removal:
// valid = 0 first. One writer: the datapath core that owns the session. Timer wheel with lazy requeue: a packet only
// stores last_seen.
#ifndef PORTCULLIS_STATE_SESSION_H
#define PORTCULLIS_STATE_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "shm/layout.h"

#define SESSION_TICKS_PER_SECOND 1024u

struct session_table; // of one family and one core

struct session_recovery {
	uint32_t recovered;
	uint32_t discarded;
	uint32_t bound; // of those recovered: with a NAT binding
};

// entries points into the state file; family is 4 or 6. now in ticks. Returns NULL on lack of
// memory.
struct session_table *session_attach(uint8_t family, void *entries, uint32_t capacity, uint32_t now,
				     struct session_recovery *recovery);
void session_detach(struct session_table *s); // frees private memory; the entries stay

// The same for several cores at once: tables[cores], each with the sessions that owner() gives to its core. session is a
// struct fw_session4 or fw_session6. Returns 0 or a negative errno.
typedef unsigned session_owner_fn(void *context, uint8_t family, const void *session);
int session_attach_all(uint8_t family, void *entries, uint32_t capacity, unsigned cores,
		       uint32_t now, session_owner_fn *owner, void *context,
		       struct session_table **tables, struct session_recovery *recovery);
void session_detach_all(struct session_table **tables, unsigned cores);

// From now on use, high-water mark and refusals of this table are in *status, a row of the state file. The capacity,
// which all cores share, is in the row of core 0.
void session_report(struct session_table *s, struct fw_table_status *status);

// Ids of sessions opened from now on: first, first + 2, ... Without it they start at a value made
// from the wall clock, which no earlier worker can have used; a replay that must repeat itself
// starts at 1 (IPv4) and 2 (IPv6).
void session_seed_id(struct session_table *s, uint64_t first);

// Key of one direction: the first 16 (IPv4) or 40 (IPv6) bytes of a line.
struct session_key4 {
	uint8_t source[4], destination[4];
	uint16_t source_port_be, destination_port_be;
	uint8_t protocol, zero;
	uint16_t vrf;
};

// Of the packets that answer a session.
static inline struct session_key4 session_reply_key(const struct fw_session4 *s)
{
	struct session_key4 key;
	memcpy(&key, &s->line[1], sizeof(key));
	key.zero = 0;
	return key;
}

struct session_key6 {
	uint8_t source[16], destination[16];
	uint16_t source_port_be, destination_port_be;
	uint8_t protocol, zero;
	uint16_t vrf;
};

// Vector lookup in three passes over n <= 32 keys, as the pipeline uses it:
//   session_hash*, session_prefetch_bucket   pass A
//   session_probe*  compare tags, prefetch the session; gives a candidate   pass B
//   session_find*   verify the key   pass C
// The result is session * 2 + direction, or FW_NO_INDEX. session_entry* gives the entry of a session.
#include "state/session_lookup.h"

// Opens a session. The caller has filled *fresh completely except cold.id, cold.checksum and
// cold.valid; the lines carry keys that mirror each other through the rewriting, which no open
// session has. Returns the session number, or -ENOSPC (table full). The timer starts at
// now + track.timeout. The checksum covers both keys, the rewriting, id and in_name_id: these stay
// as they are until the session closes.
int64_t session_open4(struct session_table *s, const struct fw_session4 *fresh, uint32_t now);
int64_t session_open6(struct session_table *s, const struct fw_session6 *fresh, uint32_t now);
void session_close(struct session_table *s, uint32_t session);

// A state change that shortens or lengthens the timeout: moves the timer so that it is honoured
// within a second.
void session_retime(struct session_table *s, uint32_t session, uint32_t now);

// Called once per burst or idle turn: expires at most budget sessions and looks at a bounded number
// of others; expired() is called before each is closed, with the table still intact. Returns the
// number expired. A session expires when both lines have been silent for its timeout.
typedef void session_expired_fn(void *context, uint8_t family, uint32_t session);
unsigned session_expire(struct session_table *s, uint32_t now, unsigned budget,
			session_expired_fn *expired, void *context);

// Timers are behind now: another session_expire() has something to do.
bool session_expire_due(const struct session_table *s, uint32_t now);

uint32_t session_count(const struct session_table *s);
uint32_t session_capacity(const struct session_table *s);

// Walks valid sessions in slot order from *cursor, at most budget slots; false at the end. *session
// is FW_NO_INDEX when the budget ran out before one was found. For the sweep after a new
// generation.
bool session_walk(const struct session_table *s, uint32_t *cursor, unsigned budget,
		  uint32_t *session);

#endif
