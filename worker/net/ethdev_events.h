// SPDX-License-Identifier: Apache-2.0
// What devices of DPDK tell by themselves, from threads of their own: the link has changed, the device is being taken away.
#ifndef PORTCULLIS_NET_ETHDEV_EVENTS_H
#define PORTCULLIS_NET_ETHDEV_EVENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// One for every device that is open.
struct ethdev_watch {
	atomic_bool removed; // it goes or is gone: it must be closed
	char bus_name[64];
};

void ethdev_watch_start(struct ethdev_watch *w, uint16_t id);
void ethdev_watch_stop(struct ethdev_watch *w, uint16_t id); // before the device is closed

#endif
