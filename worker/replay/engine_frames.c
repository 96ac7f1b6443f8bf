// SPDX-License-Identifier: Apache-2.0
// Frames of the input as packet buffers.
#include <string.h>
#include "replay/engine_own.h"

static bool append(struct rte_mbuf *mbuf, const struct engine_frame *f, uint32_t at,
		   uint32_t length)
{
	char *room = rte_pktmbuf_append(mbuf, (uint16_t)length);
	if (room == NULL)
		return false;
	uint32_t captured = at >= f->length ? 0 : f->length - at < length ? f->length - at : length;
	if (captured != 0)
		memcpy(room, f->bytes + at, captured);
	memset(room + captured, 0, length - captured);
	return true;
}

static struct rte_mbuf *make_frame(struct engine *e, const struct engine_frame *f)
{
	struct rte_mbuf *head = NULL;
	uint32_t length = f->wire_length > f->length ? f->wire_length : f->length;
	uint32_t segment = f->segment != 0 && f->segment < length ? f->segment : length;
	uint32_t at = 0;
	do {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(e->pool);
		uint32_t take = length - at < segment ? length - at : segment;
		if (mbuf == NULL || !append(mbuf, f, at, take) ||
		    (head != NULL && rte_pktmbuf_chain(head, mbuf) != 0)) {
			rte_pktmbuf_free(mbuf);
			rte_pktmbuf_free(head);
			return NULL;
		}
		if (head == NULL)
			head = mbuf;
		at += take;
	} while (at < length);
	*engine_tag(head) = f->tag;
	if (f->tci != ENGINE_TCI_NONE) {
		head->vlan_tci = (uint16_t)f->tci;
		head->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	}
	return head;
}

// A frame for which there is no buffer ends like in the worker's receiver.
static void refuse(struct engine *e, const struct engine_frame *f, enum fw_drop reason)
{
	struct packet_end end = {OUTCOME_DROPPED, reason,      FW_NO_INDEX, FW_NO_INDEX,
				 FW_NO_INDEX,     FW_NO_INDEX, FW_NO_INDEX, 0};
	e->counters.received++;
	e->counters.received_bytes += f->length;
	e->counters.dropped[reason]++;
	e->sink.ended(e->sink.context, f->tag, &end);
}

static unsigned make_burst(struct engine *e, const struct engine_frame *frames, unsigned count,
			   struct rte_mbuf **burst)
{
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++) {
		uint32_t length = frames[i].wire_length > frames[i].length ? frames[i].wire_length
									   : frames[i].length;
		struct rte_mbuf *mbuf =
		    length > ENGINE_FRAME_MAX ? NULL : make_frame(e, &frames[i]);
		if (mbuf != NULL)
			burst[n++] = mbuf;
		else
			refuse(e, &frames[i],
			       length > ENGINE_FRAME_MAX ? FW_DROP_FRAME_OVERSIZED
							 : FW_DROP_NO_BUFFER);
	}
	engine_set_time(e);
	return n;
}

void engine_from_port(struct engine *e, uint32_t port, const struct engine_frame *frames,
		      unsigned count)
{
	struct rte_mbuf *burst[PIPELINE_BURST];
	unsigned n = make_burst(e, frames, count, burst);
	core_from_port(e->core, port, burst, n);
	core_housekeeping(e->core);
}

void engine_from_host(struct engine *e, uint32_t interface, const struct engine_frame *frames,
		      unsigned count)
{
	struct rte_mbuf *burst[PIPELINE_BURST];
	unsigned n = make_burst(e, frames, count, burst);
	core_from_host(e->core, interface, burst, n);
	core_housekeeping(e->core);
}
