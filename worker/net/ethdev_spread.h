// SPDX-License-Identifier: Apache-2.0
// How a device of DPDK shares what it receives among the cores. The best that it takes:
//
//   to the owner  as many queues as cores, the symmetric hash of steer/steer.h, and a table that says which queue is whose:
//                 TCP and UDP come to the core that owns them
//   in its own way  several queues, and frames of one flow always come by one of them; cores pass on what is not theirs
//   not at all    one queue, read by one core
//
// A device with fewer queues than cores spreads in its own way; so does one that takes no table, or another key.
#ifndef PORTCULLIS_NET_ETHDEV_SPREAD_H
#define PORTCULLIS_NET_ETHDEV_SPREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <rte_ethdev.h>
#include "shm/layout.h"

struct ethdev_spread {
	enum fw_spread kind;
	uint16_t queues;
	uint32_t cores;
	uint16_t table, key; // sizes
	uint64_t hashes; // that it can compute, of those that we want
	bool several;    // it fills several queues without being asked
};

// The best for this device. several: a virtual device that has as many queues as its arguments say fills all of them.
struct ethdev_spread ethdev_spread_best(const struct rte_eth_dev_info *info, uint32_t cores, bool several);
// The device did not start like that. False: there is nothing less.
bool ethdev_spread_less(struct ethdev_spread *s);

void ethdev_spread_configure(const struct ethdev_spread *s, struct rte_eth_conf *c);
void ethdev_spread_started(struct ethdev_spread *s, uint16_t device); // writes the table, looks at the key

#endif
