// SPDX-License-Identifier: Apache-2.0
#include "shm/state_carry.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "state/binding_check.h"
#include "state/session_check.h"

// Everything between the status and the sessions has the same size in every file.
static void carry_rows(struct state *to, const struct state *from)
{
	const struct fw_state_header *h = to->header;
	memcpy(to->counters, from->counters, h->sessions4_offset - h->counters_offset);
}

// Bindings keep their order, so that those which no longer fit are the last. Returns the new row of each old one, for
// the sessions that use it; NULL: no memory, then no session finds its binding again.
static uint32_t *carry_bindings(struct state *to, const struct state *from)
{
	uint32_t used = 0, capacity = to->header->bindings_capacity;
	uint32_t *places = calloc(from->header->bindings_capacity + 1u, sizeof(*places));
	for (uint32_t i = 0; i < from->header->bindings_capacity; i++) {
		bool keep = used < capacity && binding_intact(&from->bindings[i]);
		if (places != NULL)
			places[i] = keep ? used : FW_NO_INDEX;
		if (keep)
			to->bindings[used++] = from->bindings[i];
	}
	return places;
}

static void carry_sessions4(struct state *to, const struct state *from, const uint32_t *places)
{
	const struct fw_session4 *old = from->sessions4;
	struct fw_session4 *fresh = to->sessions4;
	uint32_t used = 0;
	for (uint32_t i = 0; i < from->header->sessions4_capacity; i++)
		if (used < to->header->sessions4_capacity && session_intact4(&old[i])) {
			uint32_t binding = old[i].track.binding;
			fresh[used] = old[i];
			fresh[used++].track.binding =
			    places != NULL && binding < from->header->bindings_capacity
				? places[binding]
				: FW_NO_INDEX;
		}
}

static void carry_sessions6(struct state *to, const struct state *from)
{
	const struct fw_session6 *old = from->sessions6;
	struct fw_session6 *fresh = to->sessions6;
	uint32_t used = 0;
	for (uint32_t i = 0; i < from->header->sessions6_capacity; i++)
		if (used < to->header->sessions6_capacity && session_intact6(&old[i]))
			fresh[used++] = old[i];
}

// Of another layout: epochs and the slots of counters mean nothing here. No generation has epoch 0.
#define LINE_FORGET(l)                                                                             \
	do {                                                                                       \
		(l).epoch = 0;                                                                     \
		(l).policy = FW_POLICY_NONE;                                                       \
	} while (0)

static void forget_generation(struct state *to)
{
	struct fw_session4 *four = to->sessions4;
	struct fw_session6 *six = to->sessions6;
	for (uint32_t i = 0; i < to->header->sessions4_capacity; i++)
		for (unsigned d = 0; d < 2 && four[i].cold.valid == FW_SESSION_VALID; d++)
			LINE_FORGET(four[i].line[d]);
	for (uint32_t i = 0; i < to->header->sessions6_capacity; i++)
		for (unsigned d = 0; d < 2 && six[i].cold.valid == FW_SESSION_VALID; d++)
			LINE_FORGET(six[i].line[d]);
}

void state_carry(struct state *to, const struct state *from, bool kin)
{
	if (kin) {
		memcpy(&to->status->kept, (const uint8_t *)from->header + from->header->kept_offset, sizeof(to->status->kept));
	} else {
		*to->status = *from->status;
		carry_rows(to, from);
	}
	uint32_t *places = carry_bindings(to, from);
	carry_sessions4(to, from, places);
	carry_sessions6(to, from);
	free(places);
	if (kin)
		forget_generation(to);
}

void *state_carry_out(const struct state *from)
{
	void *memory =
	    mmap(NULL, from->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	memcpy(memory, from->header, from->size);
	return memory;
}

void state_carry_free(void *memory, size_t size)
{
	munmap(memory, size);
}
