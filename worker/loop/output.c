// SPDX-License-Identifier: Apache-2.0
// What leaves the core: to ports, to kernel TAPs, questions to the control thread.
#include "loop/loop.h"

// Sends up to a burst. Every frame is sent or counted; returns with none left.
static void output_burst(struct loop *l, struct port *p, enum outcome counted_as,
			 struct rte_mbuf **frames, unsigned count, struct fw_port_status *s)
{
	uint64_t bytes = 0;
	unsigned packets = count;
	for (unsigned i = 0; i < count; i++)
		bytes += frames[i]->pkt_len;
	bool give_up = p == NULL || atomic_load_explicit(&p->failed, memory_order_relaxed) ||
		       (s != NULL && !atomic_load_explicit(&p->up, memory_order_relaxed));
	enum fw_drop reason = FW_DROP_PORT_DOWN;
	for (unsigned done = 0; done < count;) {
		unsigned sent = 0;
		if (!give_up)
			sent = p->operations->transmit(p, l->index, frames + done, count - done, &reason);
		done += sent;
		if (likely(done == count))
			break;
		give_up = give_up || reason != FW_DROP_MTU_EXCEEDED;
		packets--;
		bytes -= frames[done]->pkt_len;
		core_undelivered(l->core, counted_as,
				 counted_as == OUTCOME_PUNTED ? FW_DROP_HOST_QUEUE_FULL : reason,
				 frames[done]->pkt_len);
		rte_pktmbuf_free(frames[done]);
		done++;
	}
	if (s == NULL)
		return;
	s->tx_packets += packets;
	s->tx_bytes += bytes;
}

void loop_transmit(void *context, uint32_t port, struct rte_mbuf **frames, unsigned count)
{
	struct loop *l = context;
	struct port *p = l->current != NULL && port < l->current->port_count ?
				 l->current->ports[port] :
				 NULL;
	for (unsigned n; count > 0; frames += n, count -= n) {
		n = count < PIPELINE_BURST ? count : PIPELINE_BURST;
		output_burst(l, p, OUTCOME_FORWARDED, frames, n, &l->state.ports[port]);
	}
}

void loop_punt(void *context, uint32_t interface, struct rte_mbuf **frames, unsigned count)
{
	struct loop *l = context;
	struct port *p = l->current != NULL && interface < l->current->interface_count ?
				 l->current->hosts[interface] :
				 NULL;
	for (unsigned n; count > 0; frames += n, count -= n) {
		n = count < PIPELINE_BURST ? count : PIPELINE_BURST;
		output_burst(l, p, OUTCOME_PUNTED, frames, n, NULL);
	}
}

void loop_resolve(void *context, const struct neighbor_key *key)
{
	struct loop *l = context;
	resolve_push(&l->resolve, key);
}
