// SPDX-License-Identifier: Apache-2.0
#include "state/session_pool.h"
#include <stdlib.h>
#include <string.h>
#include "shm/layout.h"

#define CHUNK_MAX 256u

struct session_pool *pool_create(uint32_t capacity, unsigned cores)
{
	struct session_pool *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	uint32_t share = capacity / (cores * 8);
	p->capacity = capacity;
	p->cores = cores;
	p->chunk = cores == 1 ? UINT32_MAX : share < 1 ? 1 : share < CHUNK_MAX ? share : CHUNK_MAX;
	size_t rooms = cores == 1 ? 1 : capacity / p->chunk + 2;
	p->links = malloc(((size_t)capacity + 1) * sizeof(*p->links));
	p->owner = malloc((size_t)capacity + 1);
	p->chunks = malloc(rooms * sizeof(*p->chunks));
	p->sizes = malloc(rooms * sizeof(*p->sizes));
	if (p->links == NULL || p->owner == NULL || p->chunks == NULL || p->sizes == NULL) {
		pool_free(p);
		return NULL;
	}
	memset(p->links, 0xff, ((size_t)capacity + 1) * sizeof(*p->links));
	memset(p->owner, POOL_NOBODY, (size_t)capacity + 1);
	return p;
}

void pool_free(struct session_pool *p)
{
	if (p == NULL)
		return;
	free(p->links);
	free(p->owner);
	free(p->chunks);
	free(p->sizes);
	free(p);
}

static void lock(struct session_pool *p)
{
	while (__atomic_test_and_set(&p->locked, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&p->locked, __ATOMIC_RELAXED))
			__builtin_ia32_pause();
}

static void unlock(struct session_pool *p)
{
	__atomic_clear(&p->locked, __ATOMIC_RELEASE);
}

static void put_chunk(struct session_pool *p, uint32_t first, uint32_t size)
{
	p->chunks[p->chunk_count] = first;
	p->sizes[p->chunk_count++] = size;
}

void pool_add(struct session_pool *p, struct session_stock *collecting, uint32_t session)
{
	p->links[session].next = collecting->first;
	collecting->first = session;
	if (++collecting->count == p->chunk)
		pool_seal(p, collecting);
}

void pool_seal(struct session_pool *p, struct session_stock *collecting)
{
	if (collecting->count != 0)
		put_chunk(p, collecting->first, collecting->count);
	*collecting = (struct session_stock){FW_NO_INDEX, 0, FW_NO_INDEX};
}

static void refill(struct session_pool *p, struct session_stock *stock)
{
	if (stock->spare != FW_NO_INDEX) {
		*stock = (struct session_stock){stock->spare, p->chunk, FW_NO_INDEX};
		return;
	}
	lock(p);
	if (p->chunk_count != 0) {
		p->chunk_count--;
		stock->first = p->chunks[p->chunk_count];
		stock->count = p->sizes[p->chunk_count];
	}
	unlock(p);
}

uint32_t pool_look(struct session_pool *p, struct session_stock *stock)
{
	if (stock->first == FW_NO_INDEX)
		refill(p, stock);
	return stock->first;
}

void pool_take(struct session_pool *p, struct session_stock *stock, unsigned core)
{
	uint32_t session = stock->first;
	stock->first = p->links[session].next;
	stock->count--;
	p->owner[session] = (uint8_t)core;
}

void pool_give(struct session_pool *p, struct session_stock *stock, uint32_t session)
{
	p->owner[session] = POOL_NOBODY;
	p->links[session].next = stock->first;
	stock->first = session;
	if (++stock->count < p->chunk)
		return;
	if (stock->spare != FW_NO_INDEX) {
		lock(p);
		put_chunk(p, stock->spare, p->chunk);
		unlock(p);
	}
	*stock = (struct session_stock){FW_NO_INDEX, 0, stock->first};
}
