// SPDX-License-Identifier: Apache-2.0
// Life of sessions as a whole: taking over what an earlier worker left, expiry, walking.
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include "state/session_check.h"
#include "state/session_table.h"

// Entries looked at, and empty slots of the wheel passed, in one call of session_expire().
#define EXAMINE_PER_BUDGET 4
#define SLOTS_PER_CALL 1024

static bool intact(const struct session_table *s, uint32_t session)
{
	return s->family == 4 ? session_intact4(table_entry4(s, session))
			      : session_intact6(table_entry6(s, session));
}

static bool known(const struct session_table *s, uint32_t session, unsigned direction)
{
	struct session_key6 key; // the larger of the two
	const void *line = table_line(s, session * 2 + direction);
	memcpy(&key, line, table_key_words(s) * sizeof(uint64_t));
	uint64_t hash = table_hash_line(s, line);
	uint32_t candidate = session_probe(s, hash);
	uint32_t entry = s->family == 4 ? session_find4(s, hash, candidate, (const void *)&key)
					: session_find6(s, hash, candidate, &key);
	return entry != FW_NO_INDEX;
}

// A clock that ran backwards must not make a session immortal, and a next hop belongs to the worker
// that cached it.
#define LINE_TAKE_OVER(l, now)                                                                     \
	do {                                                                                       \
		if ((now) - (l).last_seen >= 0x80000000u)                                          \
			(l).last_seen = (now);                                                     \
		(l).next_hop = FW_HOP_NONE;                                                        \
		(l).next_hop_version = 0;                                                          \
	} while (0)

static bool take_over(struct session_table *s, uint32_t session, uint32_t now)
{
	if (!intact(s, session) || known(s, session, 0) || known(s, session, 1))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		if (s->family == 4)
			LINE_TAKE_OVER(table_entry4(s, session)->line[i], now);
		else
			LINE_TAKE_OVER(table_entry6(s, session)->line[i], now);
	}
	if (!table_index(s, session))
		return false;
	if (table_cold(s, session)->id >= s->next_id)
		s->next_id = (table_cold(s, session)->id | 1) + 1 + (s->family == 4);
	wheel_insert(&s->wheel, session, table_deadline(s, session, now));
	s->count++;
	return true;
}

// Every entry ends in use, or free and linked in ascending order.
static void scan(struct session_table *s, uint32_t now, struct session_recovery *recovery)
{
	uint32_t *link = &s->free;
	for (uint32_t i = 0; i < s->capacity; i++) {
		struct fw_session_cold *cold = table_cold(s, i);
		bool committed = cold->valid == FW_SESSION_VALID;
		if (committed && take_over(s, i, now)) {
			recovery->recovered++;
			continue;
		}
		recovery->discarded += committed;
		cold->valid = 0;
		*link = i;
		link = &s->wheel.next[i];
	}
	*link = FW_NO_INDEX;
}

// Ids of IPv4 sessions are odd, of IPv6 even: unique in the state file, and below 2^53.
static uint64_t first_id(uint8_t family)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t microseconds = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	return microseconds * 2 + (family == 4 ? 1 : 2);
}

struct session_table *session_attach(uint8_t family, void *entries, uint32_t capacity, uint32_t now,
				     struct session_recovery *recovery)
{
	*recovery = (struct session_recovery){0};
	struct session_table *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->family = family;
	s->entries = entries;
	s->capacity = capacity;
	s->next_id = first_id(family);
	if (getrandom(&s->secret, sizeof(s->secret), 0) != sizeof(s->secret) ||
	    index_init(&s->index, (uint64_t)capacity * 2) != 0 ||
	    wheel_init(&s->wheel, capacity, now) != 0) {
		session_detach(s);
		return NULL;
	}
	scan(s, now, recovery);
	return s;
}

void session_detach(struct session_table *s)
{
	if (s == NULL)
		return;
	index_free(&s->index);
	wheel_free(&s->wheel);
	free(s);
}

void session_seed_id(struct session_table *s, uint64_t first)
{
	s->next_id = first;
}

void session_retime(struct session_table *s, uint32_t session, uint32_t now)
{
	wheel_remove(&s->wheel, session);
	wheel_insert(&s->wheel, session, table_deadline(s, session, now));
}

unsigned session_expire(struct session_table *s, uint32_t now, unsigned budget,
			session_expired_fn *expired, void *context)
{
	unsigned done = 0, slots = SLOTS_PER_CALL;
	if (s->count == 0)
		wheel_skip(&s->wheel, now);
	for (unsigned looks = budget * EXAMINE_PER_BUDGET; looks > 0 && done < budget; looks--) {
		uint32_t session = wheel_due(&s->wheel, now, &slots);
		if (session == FW_NO_INDEX)
			break;
		uint32_t deadline = table_deadline(s, session, now);
		if (deadline != now) {
			wheel_remove(&s->wheel, session);
			wheel_insert(&s->wheel, session, deadline);
			continue;
		}
		if (expired != NULL)
			expired(context, s->family, session);
		session_close(s, session);
		done++;
	}
	return done;
}

bool session_expire_due(const struct session_table *s, uint32_t now)
{
	return s->count > 0 && !wheel_before(now, s->wheel.time);
}

uint32_t session_count(const struct session_table *s)
{
	return s->count;
}

uint32_t session_capacity(const struct session_table *s)
{
	return s->capacity;
}

bool session_walk(const struct session_table *s, uint32_t *cursor, unsigned budget,
		  uint32_t *session)
{
	for (; *cursor < s->capacity && budget > 0; budget--) {
		uint32_t at = (*cursor)++;
		if (table_cold(s, at)->valid == FW_SESSION_VALID) {
			*session = at;
			return true;
		}
	}
	*session = FW_NO_INDEX;
	return *cursor < s->capacity;
}
