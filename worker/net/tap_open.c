// SPDX-License-Identifier: Apache-2.0
#include "net/tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include "net/keeper.h"
#include "net/log.h"
#include "net/netns.h"
#include "net/nl.h"

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
	if (t->foreign && (l.queues > 0 || strncmp(l.alias, "portcullis:", 11) == 0))
		return log_fail(error, size, -EBUSY,
				"TAP device %s is in use by another process: stop it, or choose "
				"another name",
				device);
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
	t->port = (struct port){.operations = &tap_operations, .fd = -1, .watch_fd = -1, .wake = FW_WAKE_DESCRIPTOR};
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
