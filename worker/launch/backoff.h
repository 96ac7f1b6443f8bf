// SPDX-License-Identifier: Apache-2.0
// When a worker that died is started again: at once, unless it dies again and again within seconds.
#ifndef PORTCULLIS_LAUNCH_BACKOFF_H
#define PORTCULLIS_LAUNCH_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_LIVED_MS 5000u // who lived so long did not die at its start
#define BACKOFF_FIRST_MS 250u
#define BACKOFF_LAST_MS 10000u

struct backoff {
	unsigned deaths; // in a row, each soon after its start
};

// Milliseconds before the next start of a worker that lived for lived_ms.
uint32_t backoff_next(struct backoff *b, uint64_t lived_ms);

#endif
