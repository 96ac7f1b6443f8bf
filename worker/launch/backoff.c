// SPDX-License-Identifier: Apache-2.0
#include "launch/backoff.h"

uint32_t backoff_next(struct backoff *b, uint64_t lived_ms)
{
	if (lived_ms >= BACKOFF_LIVED_MS) {
		b->deaths = 0;
		return 0;
	}
	b->deaths++;
	if (b->deaths <= 2)
		return b->deaths == 1 ? 0 : BACKOFF_FIRST_MS;
	unsigned doublings = b->deaths - 2 < 6 ? b->deaths - 2 : 6;
	uint32_t ms = BACKOFF_FIRST_MS << doublings;
	return ms < BACKOFF_LAST_MS ? ms : BACKOFF_LAST_MS;
}
