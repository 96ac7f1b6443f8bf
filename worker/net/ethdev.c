// SPDX-License-Identifier: Apache-2.0
// A device of DPDK: a NIC named by its PCI address, or a virtual device named by its driver; polled, and by interrupts when
// the core sleeps and the driver has them.
//
// With several cores each has a receive queue of its own when the device fills several (ethdev_spread.h), or else one core
// reads all; each has a transmit queue of its own, or they take turns behind a lock when the device has fewer.
// EAL probes no device at start; a port's device is attached when a program names it and detached when none does.
#include "net/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_spinlock.h>
#include "net/ethdev_events.h"
#include "net/ethdev_spread.h"
#include "net/ethdev_wake.h"
#include "net/log.h"

#define ETHDEV_DESCRIPTORS 512

struct ethdev {
	struct port port;
	uint16_t id, tx_queues;
	rte_spinlock_t lock; // of the transmit queues, when there are fewer than cores
	bool probed, started;
	bool interrupts; // asked for at configuration
	bool leaves; // it never comes back once its link has gone: the client of a vhost-user socket
	bool was_up;
	struct ethdev_watch watch;
	char name[64]; // of a virtual device; empty: a NIC
};

static struct ethdev *ethdev_of(struct port *p)
{
	return (struct ethdev *)(void *)p;
}

static unsigned ethdev_receive(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count)
{
	return rte_eth_rx_burst(ethdev_of(p)->id, p->queues > 1 ? (uint16_t)core : 0, frames, (uint16_t)count);
}

static unsigned ethdev_transmit(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count,
				enum fw_drop *reason)
{
	struct ethdev *e = ethdev_of(p);
	*reason = FW_DROP_TX_FULL;
	if (core < e->tx_queues)
		return rte_eth_tx_burst(e->id, (uint16_t)core, frames, (uint16_t)count);
	rte_spinlock_lock(&e->lock);
	uint16_t sent = rte_eth_tx_burst(e->id, 0, frames, (uint16_t)count);
	rte_spinlock_unlock(&e->lock);
	return sent;
}

static uint16_t ethdev_queue(const struct port *p, uint32_t core)
{
	return p->queues > 1 ? (uint16_t)core : 0;
}

static int ethdev_arm(struct port *p, uint32_t core, int epoll, uint32_t row)
{
	return ethdev_wake_arm(ethdev_of(p)->id, ethdev_queue(p, core), epoll, row);
}

static void ethdev_disarm(struct port *p, uint32_t core)
{
	ethdev_wake_disarm(ethdev_of(p)->id, ethdev_queue(p, core));
}

static void ethdev_forget(struct port *p, uint32_t core, int epoll)
{
	ethdev_wake_forget(ethdev_of(p)->id, ethdev_queue(p, core), epoll);
}

static uint64_t ethdev_missed(struct port *p)
{
	struct rte_eth_stats s;
	return rte_eth_stats_get(ethdev_of(p)->id, &s) == 0 ? s.imissed + s.rx_nombuf : 0;
}

static bool ethdev_refresh(struct port *p)
{
	struct ethdev *e = ethdev_of(p);
	struct rte_eth_link l = {0};
	if (atomic_load(&e->watch.removed) || !rte_eth_dev_is_valid_port(e->id) || rte_eth_dev_is_removed(e->id))
		return false;
	bool up = rte_eth_link_get_nowait(e->id, &l) == 0 && l.link_status == RTE_ETH_LINK_UP;
	if (up && !e->was_up && e->interrupts && !port_wakes(p))
		atomic_store(&p->wake, FW_WAKE_UNTRIED); // it may have been asked too early
	bool gone = e->leaves && e->was_up && !up;
	e->was_up = up;
	atomic_store_explicit(&p->up, up, memory_order_release);
	return !gone;
}

static void ethdev_close(struct port *p, bool remove)
{
	struct ethdev *e = ethdev_of(p);
	struct rte_eth_dev_info info;
	(void)remove;
	if (e->probed && rte_eth_dev_info_get(e->id, &info) == 0) {
		ethdev_watch_stop(&e->watch, e->id);
		if (e->started)
			rte_eth_dev_stop(e->id);
		rte_eth_dev_close(e->id);
		rte_dev_remove(info.device);
	}
	free(e);
}

static const struct port_operations ethdev_operations = {
	.receive = ethdev_receive,
	.transmit = ethdev_transmit,
	.arm = ethdev_arm,
	.disarm = ethdev_disarm,
	.forget = ethdev_forget,
	.missed = ethdev_missed,
	.refresh = ethdev_refresh,
	.close = ethdev_close,
};

static int ethdev_probe(struct ethdev *e, const struct port_request *r, char *error, size_t size)
{
	struct rte_dev_iterator i;
	int code = rte_dev_probe(r->device);
	if (code == -EEXIST)
		return log_fail(error, size, -EBUSY, "PCI device %s serves another port already",
				r->device);
	if (code != 0)
		return log_fail(error, size, code,
				"PCI device %s of port %s cannot be attached: %s (is it bound to "
				"vfio-pci, and may the worker open its VFIO group?)",
				r->device, r->name, rte_strerror(-code));
	uint16_t id = RTE_MAX_ETHPORTS;
	RTE_ETH_FOREACH_MATCHING_DEV(id, r->device, &i) {
		rte_eth_iterator_cleanup(&i);
		break;
	}
	if (id >= RTE_MAX_ETHPORTS)
		return log_fail(error, size, -ENODEV, "PCI device %s is not a network device",
				r->device);
	e->id = id;
	e->probed = true;
	return 0;
}

// The device is "name" or "name,arguments".
static int ethdev_create(struct ethdev *e, const struct port_request *r, char *error, size_t size)
{
	size_t length = strcspn(r->device, ",");
	const char *arguments = r->device[length] == ',' ? r->device + length + 1 : "";
	if (length >= sizeof(e->name))
		return log_fail(error, size, -ENAMETOOLONG,
				"the device name of port %s has more than %zu bytes: shorten it", r->name,
				sizeof(e->name) - 1);
	memcpy(e->name, r->device, length);
	if (rte_eth_dev_get_port_by_name(e->name, &e->id) == 0)
		return log_fail(error, size, -EBUSY, "virtual device %s serves another port already",
				e->name);
	int code = rte_eal_hotplug_add("vdev", e->name, arguments);
	if (code == 0)
		code = rte_eth_dev_get_port_by_name(e->name, &e->id);
	if (code != 0)
		return log_fail(error, size, code,
				"virtual device %s of port %s cannot be made: %s (is the name that of a "
				"DPDK driver and a number, and are its arguments right?)",
				e->name, r->name, rte_strerror(-code));
	e->probed = true;
	return 0;
}

static int ethdev_queues(struct ethdev *e)
{
	uint16_t rx = ETHDEV_DESCRIPTORS, tx = ETHDEV_DESCRIPTORS;
	int node = rte_eth_dev_socket_id(e->id);
	unsigned socket = node < 0 ? 0 : (unsigned)node;
	int code = rte_eth_dev_adjust_nb_rx_tx_desc(e->id, &rx, &tx);
	for (uint16_t q = 0; code == 0 && q < e->port.queues; q++)
		code = rte_eth_rx_queue_setup(e->id, q, rx, socket, NULL, e->port.pool);
	for (uint16_t q = 0; code == 0 && q < (e->tx_queues == 0 ? 1 : e->tx_queues); q++)
		code = rte_eth_tx_queue_setup(e->id, q, tx, socket, NULL);
	return code;
}

static int ethdev_start(struct ethdev *e, const struct port_request *r, const struct ethdev_spread *s)
{
	struct rte_eth_conf c = {.rxmode.mtu = r->mtu != 0 ? r->mtu : RTE_ETHER_MTU, .intr_conf.rxq = e->interrupts};
	ethdev_spread_configure(s, &c);
	e->port.queues = s->queues;
	int code = rte_eth_dev_configure(e->id, s->queues, e->tx_queues == 0 ? 1 : e->tx_queues, &c);
	if (code == 0)
		code = ethdev_queues(e);
	if (code == 0)
		code = rte_eth_dev_start(e->id);
	e->started = code == 0;
	return code;
}

static int ethdev_start_best(struct ethdev *e, const struct port_request *r, const struct rte_eth_dev_info *info)
{
	int code;
	struct ethdev_spread s = ethdev_spread_best(info, r->cores, e->name[0] != '\0');
	while ((code = ethdev_start(e, r, &s)) != 0 && ethdev_spread_less(&s))
		;
	if (code != 0)
		return code;
	ethdev_spread_started(&s, e->id);
	e->port.spread = s.kind;
	return 0;
}

static int ethdev_configure(struct ethdev *e, const struct port_request *r)
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	int code = rte_eth_dev_info_get(e->id, &info);
	if (code != 0)
		return code;
	e->tx_queues = info.max_tx_queues >= r->cores ? (uint16_t)r->cores : 0; // 0: one, behind the lock
	e->interrupts = true;
	code = ethdev_start_best(e, r, &info);
	if (code != 0) {
		e->interrupts = false; // some drivers refuse to start with them instead of refusing to arm
		code = ethdev_start_best(e, r, &info);
	}
	if (code != 0)
		return code;
	rte_eth_allmulticast_enable(e->id); // not every driver has it
	if (e->name[0] != '\0')
		rte_eth_promiscuous_enable(e->id); // what a virtual device brings is not filtered by its address
	code = rte_eth_macaddr_get(e->id, &mac);
	if (code == 0)
		memcpy(e->port.mac, mac.addr_bytes, 6);
	return code;
}

int ethdev_open(const struct port_request *r, struct port **out, char *error, size_t size)
{
	struct ethdev *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return log_fail(error, size, -ENOMEM, "out of memory");
	e->port = (struct port){.operations = &ethdev_operations, .fd = -1, .watch_fd = -1};
	e->port.mtu = r->mtu != 0 ? r->mtu : RTE_ETHER_MTU;
	rte_spinlock_init(&e->lock);
	int code = r->virtual ? ethdev_create(e, r, error, size) : ethdev_probe(e, r, error, size);
	if (code == 0)
		code = port_choose_pool(&e->port, r, error, size);
	if (code == 0 && (code = ethdev_configure(e, r)) != 0)
		log_fail(error, size, code, "device %s of port %s cannot be started: %s", r->device,
			 r->name, rte_strerror(-code));
	if (code != 0) {
		ethdev_close(&e->port, true);
		return code;
	}
	e->port.made = true;
	e->leaves = r->virtio && !r->serves;
	if (strncmp(e->name, "net_vhost", 9) == 0)
		memcpy(e->port.mac, r->mac, 6); // the driver has one for all
	ethdev_watch_start(&e->watch, e->id);
	ethdev_refresh(&e->port);
	atomic_store(&e->port.wake, e->interrupts ? ethdev_wake_probe(e->id, e->was_up) : FW_WAKE_REFUSED);
	*out = &e->port;
	return 0;
}
