// SPDX-License-Identifier: Apache-2.0
// Rx interrupts of an ethdev queue.
#ifndef PORTCULLIS_NET_ETHDEV_WAKE_H
#define PORTCULLIS_NET_ETHDEV_WAKE_H

#include <stdbool.h>
#include <stdint.h>
#include "shm/layout.h"

// What the driver says when it is asked for the first time. up: a device that is down need not know yet.
enum fw_rx_wake ethdev_wake_probe(uint16_t id, bool up);
// See port_operations.
int ethdev_wake_arm(uint16_t id, uint16_t queue, int epoll, uint32_t row);
void ethdev_wake_disarm(uint16_t id, uint16_t queue);
void ethdev_wake_forget(uint16_t id, uint16_t queue, int epoll);

#endif
