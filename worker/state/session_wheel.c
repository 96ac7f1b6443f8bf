// SPDX-License-Identifier: Apache-2.0
// A wheel of 4096 slots, each a doubly linked list by session number. Slot current + n holds
// sessions that must be looked at by tick time + n * 256, so a timer is never early and at most a
// quarter of a second late. Deadlines beyond the wheel's horizon (17 minutes) wait in its last slot
// and are inserted again when it comes round.
#include "state/session_wheel.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "shm/layout.h"

#define WHEEL_HEAD 0x80000000u

int wheel_init(struct session_wheel *w, struct wheel_link *links, uint32_t now)
{
	w->time = now & ~((1u << WHEEL_SHIFT) - 1);
	w->current = 0;
	w->links = links;
	w->head = malloc(WHEEL_SLOTS * sizeof(*w->head));
	if (w->head == NULL)
		return -ENOMEM;
	memset(w->head, 0xff, WHEEL_SLOTS * sizeof(*w->head));
	return 0;
}

void wheel_free(struct session_wheel *w)
{
	free(w->head);
	w->head = NULL;
}

void wheel_insert(struct session_wheel *w, uint32_t session, uint32_t deadline)
{
	uint32_t ahead = wheel_before(deadline, w->time) ? 0 : deadline - w->time;
	uint32_t slots = ahead > WHEEL_SLOTS << WHEEL_SHIFT
			     ? WHEEL_SLOTS - 1
			     : (ahead + (1u << WHEEL_SHIFT) - 1) >> WHEEL_SHIFT;
	if (slots >= WHEEL_SLOTS)
		slots = WHEEL_SLOTS - 1;
	uint32_t slot = (w->current + slots) % WHEEL_SLOTS;
	w->links[session].next = w->head[slot];
	w->links[session].previous = slot | WHEEL_HEAD;
	if (w->head[slot] != FW_NO_INDEX)
		w->links[w->head[slot]].previous = session;
	w->head[slot] = session;
}

void wheel_remove(struct session_wheel *w, uint32_t session)
{
	uint32_t next = w->links[session].next, previous = w->links[session].previous;
	if (next != FW_NO_INDEX)
		w->links[next].previous = previous;
	if (previous & WHEEL_HEAD)
		w->head[previous & ~WHEEL_HEAD] = next;
	else
		w->links[previous].next = next;
}

uint32_t wheel_due(struct session_wheel *w, uint32_t now, unsigned *steps)
{
	while (!wheel_before(now, w->time)) {
		if (w->head[w->current] != FW_NO_INDEX)
			return w->head[w->current];
		if (*steps == 0)
			return FW_NO_INDEX;
		--*steps;
		w->time += 1u << WHEEL_SHIFT;
		w->current = (w->current + 1) % WHEEL_SLOTS;
	}
	return FW_NO_INDEX;
}

void wheel_skip(struct session_wheel *w, uint32_t now)
{
	if (!wheel_before(now, w->time))
		w->time = now & ~((1u << WHEEL_SHIFT) - 1);
}
