// SPDX-License-Identifier: Apache-2.0
#include "net/packet.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include "net/link.h"
#include "net/log.h"
#include "net/nl.h"

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
	if ((remove || p->reshaped) && q->original_mtu != 0)
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
	q->port = (struct port){.operations = &packet_operations, .fd = -1, .watch_fd = -1, .wake = FW_WAKE_DESCRIPTOR};
	q->nl = q->claim = -1;
	int code = packet_set_up(q, r, error, size);
	q->port.made = !q->isolation.taken_over;
	if (code != 0) {
		packet_close(&q->port, q->port.made);
		return code;
	}
	*out = &q->port;
	return 0;
}
