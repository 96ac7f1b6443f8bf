// SPDX-License-Identifier: Apache-2.0
// Taking over what an earlier worker left: one pass over all entries gives each to the core that owns it, and what is free
// or damaged to the pool. Entries are read ahead in groups, so that the buckets of a whole group are on their way while
// it is checked.
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include "state/session.h"
#include "state/session_check.h"

#define GROUP 32u
#define AHEAD 16u // entries

struct scan {
	uint8_t family;
	uint32_t capacity, now;
	struct session_table **tables;
	session_owner_fn *owner;
	void *context;
	struct session_recovery *recovery;
	uint64_t last_id;
	bool taken[GROUP];
	uint8_t owners[GROUP];
	uint64_t hashes[GROUP][2];
};

static bool intact(const struct session_table *s, uint32_t session)
{
	return s->family == 4 ? session_intact4(table_entry4(s, session))
			      : session_intact6(table_entry6(s, session));
}

static const void *entry(const struct session_table *s, uint32_t session)
{
	return s->family == 4 ? (const void *)table_entry4(s, session) : table_entry6(s, session);
}

static void read_ahead(const struct session_table *s, uint32_t session)
{
	const char *at = entry(s, session);
	size_t size = s->family == 4 ? sizeof(struct fw_session4) : sizeof(struct fw_session6);
	for (size_t i = 0; i < size; i += 64)
		__builtin_prefetch(at + i, 1);
}

// First look at an entry: is it whole, whose is it, where will it be in the index.
static void look(struct scan *x, uint32_t session, unsigned i)
{
	struct session_table *first = x->tables[0];
	struct fw_session_cold *cold = table_cold(first, session);
	x->taken[i] = false;
	if (cold->valid != FW_SESSION_VALID)
		return;
	if (!intact(first, session)) {
		x->recovery->discarded++;
		return;
	}
	x->taken[i] = true;
	x->owners[i] = x->owner == NULL ? 0
					: (uint8_t)x->owner(x->context, x->family, entry(first, session));
	for (unsigned d = 0; d < 2; d++) {
		x->hashes[i][d] = table_hash_line(first, session, d);
		session_prefetch_bucket(x->tables[x->owners[i]], x->hashes[i][d]);
	}
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

static bool take_over(struct scan *x, struct session_table *s, uint32_t session,
		      const uint64_t hashes[2])
{
	for (unsigned d = 0; d < 2; d++)
		if (table_known(s, session, d, hashes[d]))
			return false;
	for (unsigned d = 0; d < 2; d++) {
		if (s->family == 4)
			LINE_TAKE_OVER(table_entry4(s, session)->line[d], x->now);
		else
			LINE_TAKE_OVER(table_entry6(s, session)->line[d], x->now);
	}
	table_track(s, session)->half_open = 0; // counted again by the packet path
	if (!table_index(s, session, hashes))
		return false;
	if (table_cold(s, session)->id > x->last_id)
		x->last_id = table_cold(s, session)->id;
	wheel_insert(&s->wheel, session, table_deadline(s, session, x->now));
	s->pool->owner[session] = s->core;
	x->recovery->bound += table_track(s, session)->binding != FW_NO_INDEX;
	s->count++;
	return true;
}

static void scan_group(struct scan *x, uint32_t first, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (first + i + AHEAD < x->capacity)
			read_ahead(x->tables[0], first + i + AHEAD);
		look(x, first + i, i);
	}
	for (unsigned i = 0; i < count; i++) {
		if (x->taken[i] &&
		    take_over(x, x->tables[x->owners[i]], first + i, x->hashes[i])) {
			x->recovery->recovered++;
			continue;
		}
		x->recovery->discarded += x->taken[i];
		table_cold(x->tables[0], first + i)->valid = 0;
	}
}

static void scan(struct scan *x, unsigned cores)
{
	struct session_pool *pool = x->tables[0]->pool;
	struct session_stock collecting = {FW_NO_INDEX, 0, FW_NO_INDEX};
	for (uint32_t first = 0; first < x->capacity; first += GROUP) {
		uint32_t rest = x->capacity - first;
		scan_group(x, first, rest < GROUP ? rest : GROUP);
	}
	for (uint32_t i = x->capacity; i-- > 0;) // lists begin with the lowest
		if (pool->owner[i] == POOL_NOBODY)
			pool_add(pool, &collecting, i);
	if (cores == 1)
		x->tables[0]->stock = collecting;
	else
		pool_seal(pool, &collecting);
}

// Ids of IPv4 sessions are odd, of IPv6 even, each core has its own: unique in the state file, and below 2^53.
static void number(struct scan *x, unsigned cores)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t microseconds = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	uint64_t first = microseconds * 2 > x->last_id ? microseconds * 2 : (x->last_id | 1) + 1;
	for (unsigned core = 0; core < cores; core++) {
		x->tables[core]->next_id = first + core * 2 + (x->family == 4 ? 1 : 2);
		x->tables[core]->id_step = cores * 2ull;
	}
}

// Sessions do not spread evenly over cores: with several, an index has room for twice its share.
static uint64_t index_room(uint32_t capacity, unsigned cores)
{
	uint64_t share = cores == 1 ? capacity : 2ull * capacity / cores + 64;
	return (share < capacity ? share : capacity) * 2;
}

static struct session_table *make(uint8_t family, void *entries, struct session_pool *pool,
				  unsigned core, const struct hash_secret *secret, uint32_t now)
{
	struct session_table *s = aligned_alloc(64, (sizeof(*s) + 63) & ~(size_t)63);
	if (s == NULL)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->family = family;
	s->core = (uint8_t)core;
	s->entries = entries;
	s->pool = pool;
	s->secret = *secret;
	s->stock = (struct session_stock){FW_NO_INDEX, 0, FW_NO_INDEX};
	s->status = &s->unseen;
	if (index_init(&s->index, index_room(pool->capacity, pool->cores)) == 0 &&
	    wheel_init(&s->wheel, pool->links, now) == 0)
		return s;
	index_free(&s->index);
	free(s);
	return NULL;
}

int session_attach_all(uint8_t family, void *entries, uint32_t capacity, unsigned cores,
		       uint32_t now, session_owner_fn *owner, void *context,
		       struct session_table **tables, struct session_recovery *recovery)
{
	struct hash_secret secret;
	struct scan x = {family, capacity, now, tables, owner, context, recovery, 0, {0}, {0}, {{0}}};
	struct session_pool *pool = pool_create(capacity, cores);
	*recovery = (struct session_recovery){0};
	memset(tables, 0, cores * sizeof(*tables));
	bool good = pool != NULL && getrandom(&secret, sizeof(secret), 0) == sizeof(secret);
	for (unsigned core = 0; good && core < cores; core++) {
		tables[core] = make(family, entries, pool, core, &secret, now);
		good = tables[core] != NULL;
	}
	if (!good) {
		if (tables[0] == NULL)
			pool_free(pool);
		session_detach_all(tables, cores);
		return -ENOMEM;
	}
	scan(&x, cores);
	number(&x, cores);
	for (unsigned core = 0; core < cores; core++)
		table_counted(tables[core]);
	return 0;
}

void session_detach_all(struct session_table **tables, unsigned cores)
{
	if (tables[0] != NULL)
		pool_free(tables[0]->pool);
	for (unsigned core = 0; core < cores && tables[core] != NULL; core++) {
		index_free(&tables[core]->index);
		wheel_free(&tables[core]->wheel);
		free(tables[core]);
		tables[core] = NULL;
	}
}

struct session_table *session_attach(uint8_t family, void *entries, uint32_t capacity, uint32_t now,
				     struct session_recovery *recovery)
{
	struct session_table *s;
	int code = session_attach_all(family, entries, capacity, 1, now, NULL, NULL, &s, recovery);
	return code == 0 ? s : NULL;
}

void session_detach(struct session_table *s)
{
	session_detach_all(&s, 1);
}

void session_report(struct session_table *s, struct fw_table_status *status)
{
	uint64_t refused = status->refused; // goes on
	*status = *s->status;
	status->refused += refused;
	status->capacity = s->core == 0 ? s->pool->capacity : 0;
	s->status = status;
}
