// SPDX-License-Identifier: Apache-2.0
// What a writer has unlinked and readers may still hold, until all of them have passed a quiescent
// point. In order: the oldest goes first.
#ifndef PORTCULLIS_NET_RETIRED_H
#define PORTCULLIS_NET_RETIRED_H

#include <stdint.h>

struct rte_rcu_qsbr;

struct retired {
	unsigned kind; // what it is, to its owner
	uint32_t index;
	void *object;
	uint64_t token;
};

struct retired_queue {
	struct rte_rcu_qsbr *qsbr; // NULL: no readers beside the writer's thread
	void (*destroy)(void *context, const struct retired *r);
	void *context;
	struct retired *ring;
	uint32_t first, count, mask;
};

void retired_fini(struct retired_queue *q); // destroys all of it

int retired_reserve(struct retired_queue *q, uint32_t count); // room for more: 0 or -ENOMEM
// Already unlinked; nothing when index is 0 and object NULL. There must be room.
void retired_add(struct retired_queue *q, unsigned kind, uint32_t index, void *object);
void retired_reclaim(struct retired_queue *q); // destroys what no reader can hold any more

#endif
