// SPDX-License-Identifier: Apache-2.0
// Callbacks only note it and ring: the control thread closes and opens, and wakes the cores.
//
// A function of a NIC that is taken away under VFIO is asked for first: the kernel waits until it is given back, and DPDK passes
// that on as an event of the bus, by the device's name. Other removals come as an event of the port.
#include "net/ethdev_events.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include "net/port.h"

static int bell = -1;

int ethdev_bell(void)
{
	if (bell < 0)
		bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return bell;
}

static void ethdev_ring(void)
{
	uint64_t one = 1;
	if (bell >= 0)
		(void)!write(bell, &one, sizeof(one));
}

static int ethdev_link_changed(uint16_t id, enum rte_eth_event_type event, void *context, void *result)
{
	(void)id;
	(void)event;
	(void)context;
	(void)result;
	ethdev_ring();
	return 0;
}

static int ethdev_removed(uint16_t id, enum rte_eth_event_type event, void *context, void *result)
{
	struct ethdev_watch *w = context;
	(void)id;
	(void)event;
	(void)result;
	atomic_store(&w->removed, true);
	ethdev_ring();
	return 0;
}

static void ethdev_bus_event(const char *name, enum rte_dev_event_type event, void *context)
{
	struct ethdev_watch *w = context;
	if (event != RTE_DEV_EVENT_REMOVE || name == NULL || strcmp(name, w->bus_name) != 0)
		return;
	atomic_store(&w->removed, true);
	ethdev_ring();
}

void ethdev_watch_start(struct ethdev_watch *w, uint16_t id)
{
	struct rte_eth_dev_info info;
	rte_eth_dev_callback_register(id, RTE_ETH_EVENT_INTR_LSC, ethdev_link_changed, w);
	rte_eth_dev_callback_register(id, RTE_ETH_EVENT_INTR_RMV, ethdev_removed, w);
	if (rte_eth_dev_info_get(id, &info) != 0)
		return;
	snprintf(w->bus_name, sizeof(w->bus_name), "%s", rte_dev_name(info.device));
	rte_dev_event_callback_register(w->bus_name, ethdev_bus_event, w);
}

void ethdev_watch_stop(struct ethdev_watch *w, uint16_t id)
{
	rte_eth_dev_callback_unregister(id, RTE_ETH_EVENT_INTR_LSC, ethdev_link_changed, w);
	rte_eth_dev_callback_unregister(id, RTE_ETH_EVENT_INTR_RMV, ethdev_removed, w);
	if (w->bus_name[0] != '\0')
		rte_dev_event_callback_unregister(w->bus_name, ethdev_bus_event, w);
}
