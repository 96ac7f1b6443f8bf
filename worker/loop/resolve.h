// SPDX-License-Identifier: Apache-2.0
// Neighbors that the core wants resolved, on their way to the control thread. One producer, one consumer, bounded: what
// does not fit is asked for again by a later packet.
#ifndef PORTCULLIS_LOOP_RESOLVE_H
#define PORTCULLIS_LOOP_RESOLVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "net/neighbor.h"

#define RESOLVE_QUEUE_SIZE 256u

struct resolve_queue {
	struct neighbor_key keys[RESOLVE_QUEUE_SIZE];
	_Atomic uint32_t head; // next to write; producer
	_Atomic uint32_t tail; // next to read; consumer
	atomic_bool notified;
	int fd; // eventfd: something waits here, or a port has failed
};

int resolve_init(struct resolve_queue *q); // 0 or a negative errno
void resolve_free(struct resolve_queue *q);

void resolve_push(struct resolve_queue *q, const struct neighbor_key *key);
void resolve_notify(struct resolve_queue *q); // wakes the consumer

void resolve_clear(struct resolve_queue *q); // consumer, after fd was readable and before popping
bool resolve_pop(struct resolve_queue *q, struct neighbor_key *key);

#endif
