// SPDX-License-Identifier: Apache-2.0
#include "net/retired.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <rte_rcu_qsbr.h>

void retired_reclaim(struct retired_queue *q)
{
	while (q->count > 0) {
		struct retired *r = &q->ring[q->first & q->mask];
		if (q->qsbr != NULL && rte_rcu_qsbr_check(q->qsbr, r->token, false) != 1)
			return;
		q->destroy(q->context, r);
		q->first++;
		q->count--;
	}
}

void retired_fini(struct retired_queue *q)
{
	q->qsbr = NULL;
	retired_reclaim(q);
	free(q->ring);
	q->ring = NULL;
}

int retired_reserve(struct retired_queue *q, uint32_t count)
{
	retired_reclaim(q);
	if (q->ring != NULL && q->count + count <= q->mask)
		return 0;
	uint32_t mask = q->ring == NULL ? 63 : q->mask * 2 + 1;
	struct retired *larger = malloc(((size_t)mask + 1) * sizeof(*larger));
	if (larger == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->count; i++)
		larger[i] = q->ring[(q->first + i) & q->mask];
	free(q->ring);
	q->ring = larger;
	q->mask = mask;
	q->first = 0;
	return 0;
}

void retired_add(struct retired_queue *q, unsigned kind, uint32_t index, void *object)
{
	if (index == 0 && object == NULL)
		return;
	uint64_t token = q->qsbr != NULL ? rte_rcu_qsbr_start(q->qsbr) : 0;
	q->ring[(q->first + q->count++) & q->mask] =
	    (struct retired){kind, index, object, token};
}
