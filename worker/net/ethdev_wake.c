// SPDX-License-Identifier: Apache-2.0
// Drivers refuse rx interrupts in several ways: there is no descriptor for the queue, or arming is not supported, or it fails.
// Whether an interrupt that was armed also comes is found out by the core (loop/wake.c).
#include "net/ethdev_wake.h"

#include <errno.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>

enum fw_rx_wake ethdev_wake_probe(uint16_t id, bool up)
{
	int code = rte_eth_dev_rx_intr_enable(id, 0);
	if (code == 0)
		rte_eth_dev_rx_intr_disable(id, 0);
	if (code == 0 && rte_eth_dev_rx_intr_ctl_q_get_fd(id, 0) >= 0)
		return FW_WAKE_ACCEPTED;
	return up || code == -ENOTSUP ? FW_WAKE_REFUSED : FW_WAKE_UNTRIED;
}

int ethdev_wake_arm(uint16_t id, uint16_t queue, int epoll, uint32_t row)
{
	int code = rte_eth_dev_rx_intr_ctl_q(id, queue, epoll, RTE_INTR_EVENT_ADD, (void *)(uintptr_t)row);
	if (code != 0 && code != -EEXIST)
		return code;
	return rte_eth_dev_rx_intr_enable(id, queue);
}

void ethdev_wake_disarm(uint16_t id, uint16_t queue)
{
	rte_eth_dev_rx_intr_disable(id, queue);
}

void ethdev_wake_forget(uint16_t id, uint16_t queue, int epoll)
{
	rte_eth_dev_rx_intr_ctl_q(id, queue, epoll, RTE_INTR_EVENT_DEL, NULL);
}
