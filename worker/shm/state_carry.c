// SPDX-License-Identifier: Apache-2.0
#include "shm/state_carry.h"
#include <string.h>
#include <sys/mman.h>
#include "state/session_check.h"

static void carry_sessions4(struct state *to, const struct state *from)
{
	const struct fw_session4 *old = from->sessions4;
	struct fw_session4 *fresh = to->sessions4;
	uint32_t used = 0;
	for (uint32_t i = 0; i < from->header->sessions4_capacity; i++)
		if (used < to->header->sessions4_capacity && session_intact4(&old[i]))
			fresh[used++] = old[i];
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

void state_carry(struct state *to, const struct state *from)
{
	*to->status = *from->status;
	*to->counters = *from->counters;
	memcpy(to->ports, from->ports, sizeof(*to->ports) * FW_MAX_PORTS);
	memcpy(to->interfaces, from->interfaces, sizeof(*to->interfaces) * FW_MAX_INTERFACES);
	memcpy(to->policies, from->policies, sizeof(*to->policies) * FW_MAX_POLICIES);
	carry_sessions4(to, from);
	carry_sessions6(to, from);
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
