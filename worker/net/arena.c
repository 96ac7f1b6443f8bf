// SPDX-License-Identifier: Apache-2.0
#include "net/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_STEP ((size_t)2 << 20) // a huge page, where the kernel gives some

static size_t whole(const struct arena *a)
{
	return ((size_t)(a->limit + 1) * a->size + ARENA_STEP - 1) / ARENA_STEP * ARENA_STEP;
}

int arena_init(struct arena *a, size_t size, uint32_t limit)
{
	*a = (struct arena){.size = size, .limit = limit, .fresh = 1};
	size_t room = whole(a) + ARENA_STEP;
	void *base = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return -ENOMEM;
	size_t before = -(size_t)base % ARENA_STEP; // so that it begins at a whole step
	a->base = (uint8_t *)base + before;
	if (before > 0)
		munmap(base, before);
	munmap(a->base + whole(a), ARENA_STEP - before);
	(void)madvise(a->base, whole(a), MADV_HUGEPAGE);
	return 0;
}

void arena_fini(struct arena *a)
{
	if (a->base != NULL)
		munmap(a->base, whole(a));
	a->base = NULL;
}

uint32_t arena_take(struct arena *a)
{
	uint32_t index = a->free;
	if (index != 0) {
		memcpy(&a->free, arena_at(a, index), sizeof(a->free));
		memset(arena_at(a, index), 0, a->size);
		a->used++;
		return index;
	}
	if (a->fresh > a->limit)
		return 0;
	while ((size_t)(a->fresh + 1) * a->size > a->accessible) {
		if (mprotect(a->base + a->accessible, ARENA_STEP, PROT_READ | PROT_WRITE) != 0)
			return 0;
		a->accessible += ARENA_STEP;
	}
	a->used++;
	return a->fresh++;
}

void arena_give(struct arena *a, uint32_t index)
{
	memcpy(arena_at(a, index), &a->free, sizeof(a->free));
	a->free = index;
	a->used--;
}
