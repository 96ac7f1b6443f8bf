// SPDX-License-Identifier: Apache-2.0
// A packet socket on a kernel interface: we see the frames as its driver delivers them, offloads and all.
//
// Peers on a veth or a bridge leave checksums unfinished and send frames of up to 64 KiB (GSO); PACKET_VNET_HDR tells us
// of both, and offload.c does what a NIC would have done. The VLAN tag comes beside the frame (PACKET_AUXDATA).
// The kernel's own stack is kept off the device by net/isolate.c for as long as the port is open, and over a crash.
#include "net/port.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include "net/isolate.h"
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"
#include "net/offload.h"

#ifndef TP_STATUS_VLAN_TPID_VALID
#define TP_STATUS_VLAN_TPID_VALID (1 << 6)
#endif

#define PACKET_BATCH 32
#define PACKET_BEYOND 65536 // largest frame beyond what fits into a buffer
#define PACKET_FRONT 16384 // room before it, for the part that did

struct packet_slot {
	struct rte_mbuf *mbuf;
	struct virtio_net_hdr header;
	uint8_t *large; // PACKET_FRONT + PACKET_BEYOND bytes
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec v[3];
};

struct packet_port {
	struct port port;
	int nl;
	int claim; // socket whose name says that the device is taken
	struct isolation isolation;
	uint32_t original_mtu; // to restore; 0: not changed
	uint64_t missed;
	struct packet_slot slots[PACKET_BATCH];
	struct mmsghdr messages[PACKET_BATCH];
	unsigned filled, taken; // slots of the last batch
	bool segmenting; // slots[taken] is being cut
	struct segmenter segmenter;
	uint16_t tpid, tci; // VLAN tag of the current frame; tpid 0: none
};

static struct packet_port *packet_of(struct port *p)
{
	return (struct packet_port *)(void *)p;
}

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
							 .msg_control = s->control.bytes,
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
		memmove(d, d + 4, 12); // the headroom of a fresh buffer holds it
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

static unsigned packet_receive(struct port *p, struct rte_mbuf **frames, unsigned count)
{
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

static unsigned packet_transmit(struct port *p, struct rte_mbuf **frames, unsigned count,
				enum fw_drop *reason)
{
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

static uint64_t packet_missed(struct port *p)
{
	struct packet_port *q = packet_of(p);
	struct tpacket_stats s = {0};
	socklen_t size = sizeof(s);
	if (getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &s, &size) == 0)
		q->missed += s.tp_drops; // the kernel forgets them when read
	return q->missed;
}

static bool packet_refresh(struct port *p)
{
	struct packet_port *q = packet_of(p);
	struct link l;
	if (link_get_index(q->nl, p->ifindex, &l) != 0)
		return false;
	if (strcmp(l.name, p->device) != 0)
		return false; // renamed: the configuration speaks of a device that is not there
	memcpy(p->mac, l.mac, 6);
	atomic_store_explicit(&p->up, link_running(&l), memory_order_release);
	return isolate_keep(&q->isolation) == 0;
}

static void packet_close(struct port *p, bool remove)
{
	struct packet_port *q = packet_of(p);
	isolate_end(&q->isolation, remove);
	if (remove && q->original_mtu != 0)
		link_set_mtu(q->nl, p->ifindex, q->original_mtu);
	if (p->fd >= 0)
		close(p->fd);
	if (p->watch_fd >= 0)
		close(p->watch_fd);
	if (q->nl >= 0)
		close(q->nl);
	if (q->claim >= 0)
		close(q->claim);
	for (unsigned i = 0; i < PACKET_BATCH; i++) {
		rte_pktmbuf_free(q->slots[i].mbuf);
		free(q->slots[i].large);
	}
	free(q);
}

static const struct port_operations packet_operations = {
	.receive = packet_receive,
	.transmit = packet_transmit,
	.missed = packet_missed,
	.refresh = packet_refresh,
	.close = packet_close,
};

// Only one worker can serve a device. The name lives in the network namespace and dies with the process.
static int packet_claim(int ifindex)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "portcullis-port-%d", ifindex);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) == 0)
		return fd;
	int code = -errno;
	close(fd);
	return code;
}

static int packet_socket(struct packet_port *q, char *error, size_t size)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return log_fail(error, size, -errno,
				"cannot open a packet socket for %s: %s (the worker needs CAP_NET_RAW)",
				q->port.device, strerror(errno));
	q->port.fd = fd;
	int on = 1, buffer = 8 << 20;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	struct packet_mreq all = {.mr_ifindex = q->port.ifindex, .mr_type = PACKET_MR_ALLMULTI};
	struct packet_mreq tags = {.mr_ifindex = q->port.ifindex, .mr_type = PACKET_MR_PROMISC};
	struct sockaddr_ll a = {.sll_family = AF_PACKET,
				.sll_protocol = htons(ETH_P_ALL),
				.sll_ifindex = q->port.ifindex};
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) != 0 ||
	    // NICs that filter VLANs deliver tagged frames only so.
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &tags, sizeof(tags)) != 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return log_fail(error, size, -errno, "cannot listen on %s: %s", q->port.device,
				strerror(errno));
	return 0;
}

// The device, and why it cannot be a port.
static int packet_find(struct packet_port *q, const struct port_request *r, struct link *l,
		       char *error, size_t size)
{
	int code = link_get(q->nl, r->device, l);
	if (code == -ENODEV)
		return log_fail(error, size, code,
				"network interface %s of port %s does not exist: make it, or correct "
				"kernelInterface.name",
				r->device, r->name);
	if (code != 0)
		return log_fail(error, size, code, "cannot look up network interface %s: %s",
				r->device, strerror(-code));
	if (!l->ethernet || (l->flags & IFF_LOOPBACK))
		return log_fail(error, size, -EINVAL,
				"network interface %s of port %s is not an Ethernet device: choose another",
				r->device, r->name);
	if (l->master != 0)
		return log_fail(error, size, -EBUSY,
				"network interface %s of port %s belongs to a bridge or bond: take it out "
				"with \"ip link set %s nomaster\"",
				r->device, r->name, r->device);
	q->claim = packet_claim(l->ifindex);
	if (q->claim == -EADDRINUSE)
		return log_fail(error, size, -EBUSY,
				"network interface %s of port %s is in use by another process, a second "
				"Portcullis worker: stop it, or choose another interface",
				r->device, r->name);
	return q->claim < 0 ? log_fail(error, size, q->claim, "cannot claim %s: %s", r->device,
				       strerror(-q->claim)) :
			      0;
}

static int packet_buffers(struct packet_port *q)
{
	for (unsigned i = 0; i < PACKET_BATCH; i++)
		if ((q->slots[i].large = malloc(PACKET_FRONT + PACKET_BEYOND)) == NULL)
			return -ENOMEM;
	return 0;
}

static int packet_set_up(struct packet_port *q, const struct port_request *r, char *error, size_t size)
{
	struct link l;
	q->nl = nl_open(0);
	q->port.watch_fd = nl_open(RTMGRP_LINK);
	if (q->nl < 0 || q->port.watch_fd < 0 || packet_buffers(q) != 0)
		return log_fail(error, size, -ENOMEM, "no descriptors or memory for port %s", r->name);
	int code = packet_find(q, r, &l, error, size);
	if (code != 0)
		return code;
	q->port.ifindex = l.ifindex;
	memcpy(q->port.device, l.name, sizeof(q->port.device));
	memcpy(q->port.mac, l.mac, 6);
	if (r->mtu > l.mtu) {
		code = link_set_mtu(q->nl, l.ifindex, r->mtu);
		if (code != 0)
			return log_fail(error, size, code,
					"network interface %s of port %s does not take an MTU of %u: %s",
					r->device, r->name, r->mtu, strerror(-code));
		q->original_mtu = l.mtu;
	}
	q->port.mtu = r->mtu != 0 ? r->mtu : l.mtu > 9000 ? 9000 : l.mtu;
	code = port_choose_pool(&q->port, r, error, size);
	if (code == 0)
		code = isolate_begin(&q->isolation, l.ifindex, l.name, error, size);
	if (code == 0)
		code = packet_socket(q, error, size);
	if (code == 0 && !(l.flags & IFF_UP))
		link_set_up(q->nl, l.ifindex, true);
	if (code == 0 && link_get_index(q->nl, l.ifindex, &l) == 0)
		atomic_store(&q->port.up, link_running(&l));
	return code;
}

int packet_open(const struct port_request *r, struct port **out, char *error, size_t size)
{
	struct packet_port *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return log_fail(error, size, -ENOMEM, "out of memory");
	q->port = (struct port){.operations = &packet_operations, .fd = -1, .watch_fd = -1};
	q->nl = q->claim = -1;
	int code = packet_set_up(q, r, error, size);
	if (code != 0) {
		packet_close(&q->port, !q->isolation.taken_over);
		return code;
	}
	*out = &q->port;
	return 0;
}
