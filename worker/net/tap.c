// SPDX-License-Identifier: Apache-2.0
// A kernel TAP device that we hold the other end of.
//
// Life cycle: made (not persistent yet), marked by its alias, then persistent, so a worker that dies in between leaves
// nothing and one that dies later leaves a device with its addresses, routes and neighbors that the next worker finds by
// the mark, in the namespace it was moved to if need be. A clean stop removes it.
// The device may be moved, renamed, set down or deleted by others at any time: tap_refresh() follows.
#include "net/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include "net/netns.h"
#include "net/nl.h"

#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS _IO('T', 227)
#endif

static struct tap *tap_of(struct port *p)
{
	return (struct tap *)(void *)p;
}

static unsigned tap_receive(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count)
{
	(void)core;
	struct tap *t = tap_of(p);
	const uint16_t room = (uint16_t)(p->mtu + PORT_FRAME_EXTRA + 1);
	unsigned n = 0;
	while (n < count) {
		struct rte_mbuf *m = t->spare != NULL ? t->spare : rte_pktmbuf_alloc(p->pool);
		t->spare = m;
		if (m == NULL)
			break;
		ssize_t got = read(p->fd, rte_pktmbuf_mtod(m, void *), room);
		if (got < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
				atomic_store_explicit(&p->failed, true, memory_order_release);
			break;
		}
		if (got >= room) {
			atomic_fetch_add_explicit(&p->oversized, 1, memory_order_relaxed);
			continue;
		}
		t->spare = NULL;
		m->data_len = (uint16_t)got;
		m->pkt_len = (uint32_t)got;
		frames[n++] = m;
	}
	return n;
}

static ssize_t tap_write(int fd, struct rte_mbuf *m)
{
	if (m->nb_segs == 1)
		return write(fd, rte_pktmbuf_mtod(m, void *), m->data_len);
	struct iovec v[16];
	int n = 0;
	for (struct rte_mbuf *s = m; s != NULL && n < 16; s = s->next)
		v[n++] = (struct iovec){rte_pktmbuf_mtod(s, void *), s->data_len};
	return writev(fd, v, n);
}

static unsigned tap_transmit(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count,
			 enum fw_drop *reason)
{
	(void)core; // one call is one frame, whoever else writes
	for (unsigned i = 0; i < count; i++) {
		ssize_t n;
		do
			n = tap_write(p->fd, frames[i]);
		while (n < 0 && errno == EINTR);
		if (n < 0) {
			*reason = errno == EIO || errno == EBADFD ? FW_DROP_PORT_DOWN :
								    FW_DROP_TX_FULL;
			return i;
		}
		rte_pktmbuf_free(frames[i]);
	}
	return count;
}

static uint64_t tap_missed(struct port *p)
{
	// The device's own view: what it could not queue for us counts as its transmit drops.
	char path[96], text[32] = "";
	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/tx_dropped", p->device);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? strtoull(text, NULL, 10) : 0;
}

void tap_take(struct port *p, const struct link *l)
{
	memcpy(p->device, l->name, sizeof(p->device));
	p->ifindex = l->ifindex;
	atomic_store_explicit(&p->up, link_running(l), memory_order_release);
}

// Sockets in the namespace that the device is in now.
static int tap_follow(struct tap *t)
{
	int target = ioctl(t->port.fd, TUNGETDEVNETNS);
	if (target < 0 && errno != ENOTTY && errno != EINVAL && errno != EPERM)
		return -errno;
	int previous = netns_enter_fd(target);
	if (target >= 0)
		close(target);
	if (previous < 0)
		return previous;
	if (t->nl >= 0)
		close(t->nl);
	t->nl = nl_open(0);
	int watch = nl_open(RTMGRP_LINK);
	netns_leave(previous);
	if (watch >= 0 && t->port.watch_fd >= 0)
		dup3(watch, t->port.watch_fd, O_CLOEXEC); // whoever waits on it keeps waiting
	if (watch >= 0)
		close(watch);
	return t->nl < 0 ? t->nl : watch < 0 ? watch : 0;
}

static bool tap_refresh(struct port *p)
{
	struct tap *t = tap_of(p);
	struct ifreq r = {0};
	if (ioctl(p->fd, TUNGETIFF, &r) != 0)
		return false; // deleted
	struct link l;
	if (link_get(t->nl, r.ifr_name, &l) != 0 || l.ifindex == 0) {
		if (tap_follow(t) != 0 || link_get(t->nl, r.ifr_name, &l) != 0)
			return false;
	}
	tap_take(p, &l);
	return true;
}

void tap_close(struct port *p, bool remove)
{
	struct tap *t = tap_of(p);
	if (remove && !t->foreign && p->fd >= 0) {
		ioctl(p->fd, TUNSETPERSIST, 0);
		link_delete(t->nl, p->ifindex); // the keeper's descriptor must not hold it
	}
	if (p->fd >= 0)
		close(p->fd);
	if (p->watch_fd >= 0)
		close(p->watch_fd);
	if (t->nl >= 0)
		close(t->nl);
	rte_pktmbuf_free(t->spare);
	free(t);
}

const struct port_operations tap_operations = {
	.receive = tap_receive,
	.transmit = tap_transmit,
	.missed = tap_missed,
	.refresh = tap_refresh,
	.close = tap_close,
};

void tap_set_carrier(struct port *p, bool up)
{
	int on = up;
	ioctl(p->fd, TUNSETCARRIER, &on);
}

int tap_set_mac(struct port *p, const uint8_t mac[6])
{
	memcpy(p->mac, mac, 6);
	return link_set_mac(tap_of(p)->nl, p->ifindex, mac);
}

int tap_set_mtu(struct port *p, uint32_t mtu)
{
	p->mtu = mtu;
	return link_set_mtu(tap_of(p)->nl, p->ifindex, mtu);
}
