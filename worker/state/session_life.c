// SPDX-License-Identifier: Apache-2.0
// Life of the sessions of one table: timers, expiry, walking.
#include "state/session.h"

// Entries looked at, and empty slots of the wheel passed, in one call of session_expire().
#define EXAMINE_PER_BUDGET 4
#define SLOTS_PER_CALL 1024

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
	return s->pool->capacity;
}

bool session_walk(const struct session_table *s, uint32_t *cursor, unsigned budget,
		  uint32_t *session)
{
	const uint8_t *owner = s->pool->owner;
	for (; *cursor < s->pool->capacity && budget > 0; budget--) {
		uint32_t at = (*cursor)++;
		if (__atomic_load_n(&owner[at], __ATOMIC_RELAXED) == s->core) {
			*session = at;
			return true;
		}
	}
	*session = FW_NO_INDEX;
	return *cursor < s->pool->capacity;
}
