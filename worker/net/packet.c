// SPDX-License-Identifier: Apache-2.0
// A packet socket on a kernel interface: we see the frames as its driver delivers them, offloads and all.
//
// Peers on a veth or a bridge leave checksums unfinished and send frames of up to 64 KiB (GSO); PACKET_VNET_HDR tells us
// of both, and offload.c does what a NIC would have done. The VLAN tag comes beside the frame (PACKET_AUXDATA).
// The kernel's own stack is kept off the device by net/isolate.c for as long as the port is open, and over a crash.
#include "net/packet.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>

#ifndef TP_STATUS_VLAN_TPID_VALID
#define TP_STATUS_VLAN_TPID_VALID (1 << 6)
#endif

static uint16_t packet_room(const struct port *p)
{
	return (uint16_t)(p->mtu + PORT_FRAME_EXTRA + 1);
}

// Reads the next batch. Every slot needs a buffer first.
static void packet_fill(struct packet_port *q)
{
	unsigned n = 0;
	for (; n < PACKET_BATCH; n++) {
		struct packet_slot *s = &q->slots[n];
		if (s->mbuf == NULL && (s->mbuf = rte_pktmbuf_alloc(q->port.pool)) == NULL)
			break;
		s->v[0] = (struct iovec){&s->header, sizeof(s->header)};
		s->v[1] = (struct iovec){rte_pktmbuf_mtod(s->mbuf, void *), packet_room(&q->port)};
		s->v[2] = (struct iovec){s->large + PACKET_FRONT, PACKET_BEYOND};
		q->messages[n].msg_hdr = (struct msghdr){.msg_iov = s->v,
							 .msg_iovlen = 3,
							 .msg_control = s->control,
							 .msg_controllen = sizeof(s->control)};
	}
	q->filled = q->taken = 0;
	if (n == 0)
		return;
	int got = recvmmsg(q->port.fd, q->messages, n, MSG_DONTWAIT, NULL);
	if (got > 0)
		q->filled = (unsigned)got;
	else if (errno == ENETDOWN) // reported once; the socket works again when the device is up
		atomic_store_explicit(&q->port.up, false, memory_order_release);
	else if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
		atomic_store_explicit(&q->port.failed, true, memory_order_release);
}

// Remembers the VLAN tag that came beside the frame.
static void packet_tag(struct packet_port *q, struct msghdr *h)
{
	q->tpid = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		struct tpacket_auxdata a;
		memcpy(&a, CMSG_DATA(c), sizeof(a));
		if (!(a.tp_status & TP_STATUS_VLAN_VALID))
			continue;
		q->tpid = a.tp_status & TP_STATUS_VLAN_TPID_VALID ? a.tp_vlan_tpid : ETH_P_8021Q;
		q->tci = a.tp_vlan_tci;
	}
}

static void packet_mark(const struct packet_port *q, struct rte_mbuf *m)
{
	if (q->tpid == ETH_P_8021Q) {
		m->vlan_tci = q->tci;
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	} else if (q->tpid != 0) {
		// Any other tag goes back into the frame: the pipeline shall see it and refuse it.
		uint8_t *d = (uint8_t *)rte_pktmbuf_prepend(m, 4);
		uint16_t tag[2] = {htons(q->tpid), htons(q->tci)};
		if (d == NULL)
			return; // cannot be: a fresh buffer has headroom
		memmove(d, d + 4, 12);
		memcpy(d + 12, tag, sizeof(tag));
	}
}

static void packet_oversized(struct packet_port *q)
{
	atomic_fetch_add_explicit(&q->port.oversized, 1, memory_order_relaxed);
	q->segmenting = false;
	q->taken++;
}

// Makes one contiguous frame of what lies in the buffer and beyond it, and starts to cut it.
static void packet_cut(struct packet_port *q, struct packet_slot *s, size_t length)
{
	size_t first = packet_room(&q->port);
	if (first > length)
		first = length;
	uint8_t *frame = s->large + PACKET_FRONT - first;
	memcpy(frame, s->v[1].iov_base, first);
	packet_tag(q, &q->messages[q->taken].msg_hdr);
	q->segmenting = s->header.gso_type != VIRTIO_NET_HDR_GSO_NONE &&
			segment_begin(&q->segmenter, frame, length, &s->header);
	if (!q->segmenting)
		packet_oversized(q);
}

// The next segment of the frame that is being cut, or NULL when that was the last one or there is no buffer.
static struct rte_mbuf *packet_segment(struct packet_port *q)
{
	size_t length = segment_length(&q->segmenter);
	if (length >= packet_room(&q->port)) {
		packet_oversized(q);
		return NULL;
	}
	struct rte_mbuf *m = rte_pktmbuf_alloc(q->port.pool);
	if (m == NULL)
		return NULL;
	segment_next(&q->segmenter, rte_pktmbuf_mtod(m, uint8_t *));
	m->data_len = (uint16_t)length;
	m->pkt_len = (uint32_t)length;
	packet_mark(q, m);
	if (!segment_left(&q->segmenter)) {
		q->segmenting = false;
		q->taken++;
	}
	return m;
}

// The next frame of the batch, or NULL: none from this slot.
static struct rte_mbuf *packet_take(struct packet_port *q)
{
	struct packet_slot *s = &q->slots[q->taken];
	size_t length = q->messages[q->taken].msg_len;
	length = length < sizeof(s->header) ? 0 : length - sizeof(s->header);
	if (s->header.gso_type != VIRTIO_NET_HDR_GSO_NONE || length >= packet_room(&q->port)) {
		packet_cut(q, s, length);
		return NULL;
	}
	struct rte_mbuf *m = s->mbuf;
	s->mbuf = NULL;
	if (s->header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		offload_checksum(rte_pktmbuf_mtod(m, uint8_t *), length, s->header.csum_start,
				 s->header.csum_offset);
	m->data_len = (uint16_t)length;
	m->pkt_len = (uint32_t)length;
	packet_tag(q, &q->messages[q->taken].msg_hdr);
	packet_mark(q, m);
	q->taken++;
	return m;
}

unsigned packet_receive(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count)
{
	(void)core;
	struct packet_port *q = packet_of(p);
	unsigned n = 0;
	while (n < count) {
		if (q->segmenting) {
			struct rte_mbuf *m = packet_segment(q);
			if (m != NULL)
				frames[n++] = m;
			else if (q->segmenting)
				break; // no buffer
			continue;
		}
		if (q->taken == q->filled) {
			if (n > 0)
				break; // one read per call: the core serves its other ports
			packet_fill(q);
			if (q->filled == 0)
				break;
		}
		struct rte_mbuf *m = packet_take(q);
		if (m != NULL)
			frames[n++] = m;
	}
	return n;
}

unsigned packet_transmit(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count,
			 enum fw_drop *reason)
{
	(void)core; // one message is one frame, whoever else sends
	static const struct virtio_net_hdr plain;
	struct mmsghdr messages[PACKET_BATCH];
	struct iovec v[PACKET_BATCH][9];
	unsigned n = 0;
	for (; n < count && n < PACKET_BATCH; n++) {
		unsigned parts = 1;
		v[n][0] = (struct iovec){(void *)(uintptr_t)&plain, sizeof(plain)};
		for (struct rte_mbuf *s = frames[n]; s != NULL && parts < 9; s = s->next)
			v[n][parts++] = (struct iovec){rte_pktmbuf_mtod(s, void *), s->data_len};
		messages[n].msg_hdr = (struct msghdr){.msg_iov = v[n], .msg_iovlen = parts};
	}
	int sent = sendmmsg(p->fd, messages, n, MSG_DONTWAIT);
	if (sent < 0) {
		*reason = errno == EMSGSIZE		       ? FW_DROP_MTU_EXCEEDED :
			  errno == ENETDOWN || errno == ENXIO ? FW_DROP_PORT_DOWN :
								FW_DROP_TX_FULL;
		return 0;
	}
	for (int i = 0; i < sent; i++)
		rte_pktmbuf_free(frames[i]);
	*reason = FW_DROP_TX_FULL;
	return (unsigned)sent;
}
