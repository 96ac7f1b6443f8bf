// SPDX-License-Identifier: Apache-2.0
// A TAP from the inside; shared by tap.c (frames, changes) and tap_open.c.
#ifndef PORTCULLIS_NET_TAP_H
#define PORTCULLIS_NET_TAP_H

#include "net/link.h"
#include "net/port.h"

struct tap {
	struct port port;
	int nl; // request socket in the device's namespace
	bool foreign; // somebody else made the device: never remove it
	struct rte_mbuf *spare; // allocated for a read that found nothing
};

extern const struct port_operations tap_operations;

void tap_take(struct port *p, const struct link *l); // name, index and state of the kernel's device
void tap_close(struct port *p, bool remove);

#endif
