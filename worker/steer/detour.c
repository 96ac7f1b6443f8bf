// SPDX-License-Identifier: Apache-2.0
#include "steer/detour.h"

#include <stdlib.h>
#include <string.h>
#include "steer/steer.h"

struct detour {
	struct session_key4 key; // of the replies
	uint32_t core; // ENDED: of a session that has ended
	uint32_t next; // place + 1 of the next one in the chain; 0: end
};

#define ENDED UINT32_MAX

struct detours {
	uint32_t cores, count, room;
	uint32_t live;
	struct detour *all;
	uint32_t heads[65536]; // by the exclusive or of the addresses and ports
};

struct detours *detours_create(uint32_t cores)
{
	struct detours *d = calloc(1, sizeof(*d));
	if (d != NULL)
		d->cores = cores;
	return d;
}

void detours_free(struct detours *d)
{
	if (d != NULL)
		free(d->all);
	free(d);
}

static uint16_t place(const struct session_key4 *k)
{
	return steer_fold4(k->source, k->destination, k->source_port_be, k->destination_port_be);
}

static void note(struct detours *d, const struct session_key4 *key, uint32_t core)
{
	if (d->count == d->room) {
		uint32_t room = d->room == 0 ? 1024 : d->room * 2;
		struct detour *more = realloc(d->all, room * sizeof(*more));
		if (more == NULL)
			return; // its replies find no session, and are judged as new flows
		d->all = more;
		d->room = room;
	}
	uint32_t *head = &d->heads[place(key)];
	d->all[d->count] = (struct detour){*key, core, *head};
	*head = ++d->count;
	d->live++;
}

static unsigned owner4(struct detours *d, const struct fw_session4 *s)
{
	const struct fw_line4 *out = &s->line[0], *back = &s->line[1];
	uint32_t core = steer_owner4(d->cores, out->source, out->source_port_be, back->source,
				     back->source_port_be, out->protocol);
	if (steer_owner4(d->cores, back->source, back->source_port_be, back->destination,
			 back->destination_port_be, out->protocol) != core) {
		struct session_key4 key = session_reply_key(s);
		note(d, &key, core);
	}
	return core;
}

unsigned detours_owner(void *context, uint8_t family, const void *session)
{
	struct detours *d = context;
	if (family == 4)
		return owner4(d, session);
	const struct fw_line6 *out = &((const struct fw_session6 *)session)->line[0];
	return steer_owner6(d->cores, out->source, out->source_port_be, out->destination,
			    out->destination_port_be, out->protocol);
}

uint32_t detours_count(const struct detours *d)
{
	return __atomic_load_n(&d->live, __ATOMIC_RELAXED);
}

static struct detour *find(const struct detours *d, const struct session_key4 *key)
{
	for (uint32_t at = d->heads[place(key)]; at != 0; at = d->all[at - 1].next)
		if (memcmp(&d->all[at - 1].key, key, sizeof(*key)) == 0)
			return &d->all[at - 1];
	return NULL;
}

bool detours_find(const struct detours *d, const struct session_key4 *key, uint32_t *core)
{
	if (detours_count(d) == 0)
		return false;
	const struct detour *one = find(d, key);
	if (one != NULL)
		*core = __atomic_load_n(&one->core, __ATOMIC_RELAXED);
	return one != NULL && *core != ENDED;
}

void detours_forget(struct detours *d, const struct session_key4 *key)
{
	struct detour *one = detours_count(d) == 0 ? NULL : find(d, key);
	if (one != NULL && __atomic_exchange_n(&one->core, ENDED, __ATOMIC_RELAXED) != ENDED)
		__atomic_fetch_sub(&d->live, 1, __ATOMIC_RELAXED);
}
