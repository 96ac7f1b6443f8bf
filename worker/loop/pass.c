// SPDX-License-Identifier: Apache-2.0
// A ring that is full drops the newest frames, with a reason of their own: the owner is the bottleneck, and waiting for it
// would stop the flows of the core that waits. Frames of one flow always take the same ring, so they keep their order.
//
// The producer enqueues first and looks at the consumer's asleep afterwards; the consumer says that it sleeps first and looks
// into the rings afterwards. Both do it with a full fence in between, so no wake-up is lost.
#include "loop/pass.h"

#include <errno.h>
#include <stdio.h>
#include <rte_ring.h>

int pass_open(struct loops *s)
{
	for (uint32_t from = 0; s->count > 1 && from < s->count; from++) {
		for (uint32_t to = 0; to < s->count; to++) {
			char name[32];
			if (from == to)
				continue;
			snprintf(name, sizeof(name), "pass-%u-%u", from, to);
			s->rings[from][to] = rte_ring_create(name, PASS_RING_SIZE, SOCKET_ID_ANY,
							     RING_F_SP_ENQ | RING_F_SC_DEQ |
								     RING_F_EXACT_SZ);
			if (s->rings[from][to] == NULL)
				return -ENOMEM;
		}
	}
	return 0;
}

void pass_close(struct loops *s)
{
	struct rte_mbuf *frame;
	for (uint32_t from = 0; from < s->count; from++) {
		for (uint32_t to = 0; to < s->count; to++) {
			struct rte_ring *r = s->rings[from][to];
			while (r != NULL && rte_ring_sc_dequeue(r, (void **)&frame) == 0)
				rte_pktmbuf_free(frame);
			rte_ring_free(r);
		}
	}
}

void loop_pass(void *context, uint32_t core, struct rte_mbuf **frames, unsigned count)
{
	struct loop *l = context;
	struct fw_counters *n = l->state.counters;
	unsigned sent = rte_ring_sp_enqueue_burst(l->shared->rings[l->index][core], (void **)frames,
						  count, NULL);
	n->steered += sent;
	n->dropped[FW_DROP_STEER_QUEUE_FULL] += count - sent;
	rte_pktmbuf_free_bulk(frames + sent, count - sent);
	atomic_thread_fence(memory_order_seq_cst);
	loop_rouse(&l->shared->all[core]);
}

unsigned loop_take_passed(struct loop *l)
{
	unsigned received = 0;
	for (uint32_t from = 0; from < l->shared->count; from++) {
		struct rte_mbuf *frames[PIPELINE_BURST];
		struct rte_ring *r = l->shared->rings[from][l->index];
		if (r == NULL)
			continue;
		unsigned n = rte_ring_sc_dequeue_burst(r, (void **)frames, PIPELINE_BURST, NULL);
		if (n == 0)
			continue;
		l->state.counters->steered_in += n;
		core_from_core(l->core, frames, n);
		received += n;
	}
	return received;
}

// For its consumer. rte_ring_empty() reads what the producer writes without saying so to the compiler.
static bool pass_waits(const struct rte_ring *r)
{
	return __atomic_load_n(&r->prod.tail, __ATOMIC_ACQUIRE) != r->cons.tail;
}

bool loop_passed_waiting(const struct loop *l)
{
	atomic_thread_fence(memory_order_seq_cst);
	for (uint32_t from = 0; from < l->shared->count; from++) {
		const struct rte_ring *r = l->shared->rings[from][l->index];
		if (r != NULL && pass_waits(r))
			return true;
	}
	return false;
}
