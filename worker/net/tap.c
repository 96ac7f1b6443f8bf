// SPDX-License-Identifier: Apache-2.0
// A kernel TAP device that we hold the other end of.
//
// Life cycle: made (not persistent yet), marked by its alias, then persistent, so a worker that dies in between leaves
// nothing and one that dies later leaves a device with its addresses, routes and neighbors that the next worker finds by
// the mark, in the namespace it was moved to if need be. A clean stop removes it.
// The device may be moved, renamed, set down or deleted by others at any time: tap_refresh() follows.
#include "net/port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include "net/keeper.h"
#include "net/link.h"
#include "net/log.h"
#include "net/netns.h"
#include "net/nl.h"

#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS _IO('T', 227)
#endif

struct tap {
	struct port port;
	int nl; // request socket in the device's namespace
	bool foreign; // somebody else made the device: never remove it
	struct rte_mbuf *spare; // allocated for a read that found nothing
};

static struct tap *tap_of(struct port *p)
{
	return (struct tap *)(void *)p;
}

static unsigned tap_receive(struct port *p, struct rte_mbuf **frames, unsigned count)
{
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

static unsigned tap_transmit(struct port *p, struct rte_mbuf **frames, unsigned count,
			     enum fw_drop *reason)
{
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

static void tap_take(struct port *p, const struct link *l)
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

static void tap_close(struct port *p, bool remove)
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

static const struct port_operations tap_operations = {
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

// A second queue that takes no frames: the keeper holds it, and with it the carrier.
static void tap_keep(const char *device)
{
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE};
	struct ifreq detach = {.ifr_flags = IFF_DETACH_QUEUE};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0 && ioctl(fd, TUNSETQUEUE, &detach) == 0)
		keeper_hold(fd);
	if (fd >= 0)
		close(fd);
}

// Opens /dev/net/tun in the current namespace and makes or takes the device of that name. adopt: it may be one that was
// made for a single queue.
static int tap_attach(const char *device, bool adopt, char *error, size_t size)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return log_fail(error, size, -errno,
				"cannot open /dev/net/tun: %s (load the tun module, or give the "
				"worker the device)",
				strerror(errno));
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE};
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	if (ioctl(fd, TUNSETIFF, &r) == 0)
		return fd;
	r.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (errno == EINVAL && adopt && ioctl(fd, TUNSETIFF, &r) == 0)
		return fd;
	int code = errno;
	close(fd);
	if (code == EBUSY)
		return log_fail(error, size, -EBUSY,
				"TAP device %s is in use by another process: stop it, or choose "
				"another name",
				device);
	if (code == EINVAL)
		return log_fail(error, size, -EEXIST,
				"a network device %s exists and is not a TAP: choose another name",
				device);
	if (code == EPERM || code == EACCES)
		return log_fail(error, size, -EPERM,
				"no right to make TAP device %s: the worker needs CAP_NET_ADMIN",
				device);
	return log_fail(error, size, -code, "cannot make TAP device %s: %s", device,
			strerror(code));
}

// Finds the device that carries our mark: in the current namespace, or in a named one it was moved to.
// Returns a descriptor for netns_leave() with the thread in the right namespace, and fills *l; -ENODEV: there is none.
static int tap_search(const char *mark, struct link *l)
{
	DIR *d = opendir("/run/netns");
	if (d == NULL)
		return -ENODEV;
	int found = -ENODEV;
	for (struct dirent *e; found < 0 && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		int previous = netns_enter(e->d_name);
		if (previous < 0)
			continue;
		int nl = nl_open(0);
		if (nl >= 0 && link_find_alias(nl, mark, l) == 0)
			found = previous;
		else
			netns_leave(previous);
		if (nl >= 0)
			close(nl);
	}
	closedir(d);
	return found;
}

// Sets alias, MAC, MTU, persistence. The calling thread is in the device's namespace.
static int tap_prepare(struct tap *t, const struct port_request *q, bool existed)
{
	struct link l;
	int code = link_get(t->nl, t->port.device, &l);
	if (code == 0 && !existed)
		code = link_set_alias(t->nl, l.ifindex, q->mark);
	if (code == 0 && q->kernel_mac != NULL && memcmp(l.mac, q->kernel_mac, 6) != 0)
		code = link_set_mac(t->nl, l.ifindex, q->kernel_mac);
	if (code == 0 && q->mtu != 0 && l.mtu != q->mtu)
		code = link_set_mtu(t->nl, l.ifindex, q->mtu);
	if (code == 0 && !existed && ioctl(t->port.fd, TUNSETPERSIST, 1) != 0)
		code = -errno;
	int buffer = 4 << 20;
	ioctl(t->port.fd, TUNSETSNDBUF, &buffer);
	if (code == 0 && !existed)
		code = link_set_queue(t->nl, l.ifindex);
	if (code == 0 && !existed)
		code = link_set_up(t->nl, l.ifindex, true);
	if (code == 0)
		code = link_get(t->nl, t->port.device, &l);
	if (code != 0)
		return code;
	t->port.mtu = l.mtu;
	tap_take(&t->port, &l);
	return 0;
}

// With the thread in the namespace where the device is or shall be.
static int tap_open_here(struct tap *t, const struct port_request *q, const char *device,
			 char *error, size_t size)
{
	struct link l;
	t->nl = nl_open(0);
	t->port.watch_fd = q->watch ? nl_open(RTMGRP_LINK) : -1;
	if (t->nl < 0 || (q->watch && t->port.watch_fd < 0))
		return log_fail(error, size, -EMFILE, "cannot open a netlink socket");
	bool existed = link_get(t->nl, device, &l) == 0;
	t->port.made = !existed;
	t->foreign = existed && strcmp(l.alias, q->mark) != 0;
	if (t->foreign && !q->adopt)
		return log_fail(error, size, -EEXIST,
				"a network device %s exists already and is not ours: remove it, or "
				"rename interface %s",
				device, q->name);
	t->port.fd = tap_attach(device, t->foreign, error, size);
	if (t->port.fd < 0)
		return t->port.fd;
	snprintf(t->port.device, sizeof(t->port.device), "%s", device);
	int code = tap_prepare(t, q, existed);
	if (code != 0)
		return log_fail(error, size, code, "cannot set up TAP device %s: %s", device,
				strerror(-code));
	if (!t->foreign)
		tap_keep(device);
	return port_choose_pool(&t->port, q, error, size);
}

int tap_open(const struct port_request *q, struct port **out, char *error, size_t size)
{
	int previous = netns_enter(q->network_namespace);
	if (previous < 0)
		return log_fail(error, size, previous,
				"network namespace %s of port %s cannot be entered: %s (make it "
				"with \"ip netns add %s\")",
				q->network_namespace, q->name, strerror(-previous),
				q->network_namespace);
	struct tap *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		netns_leave(previous);
		return log_fail(error, size, -ENOMEM, "out of memory");
	}
	t->port = (struct port){.operations = &tap_operations, .fd = -1, .watch_fd = -1};
	t->nl = -1;
	memcpy(t->port.mac, q->mac, 6);
	struct link l = {0};
	char device[IFNAMSIZ];
	snprintf(device, sizeof(device), "%s", q->device);
	int nl = nl_open(0), moved = -ENODEV;
	if (nl >= 0 && link_find_alias(nl, q->mark, &l) == 0)
		memcpy(device, l.name, sizeof(device)); // renamed by somebody
	else if (q->network_namespace[0] == '\0' && (moved = tap_search(q->mark, &l)) >= 0)
		memcpy(device, l.name, sizeof(device));
	if (nl >= 0)
		close(nl);
	int code = tap_open_here(t, q, device, error, size);
	if (moved >= 0)
		netns_leave(moved);
	netns_leave(previous);
	if (code != 0) {
		tap_close(&t->port, t->port.made); // what was there before stays
		return code;
	}
	*out = &t->port;
	return 0;
}
