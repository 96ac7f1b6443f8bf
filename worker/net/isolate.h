// SPDX-License-Identifier: Apache-2.0
// Keeps the kernel's own stack off a device that a port of ours serves: everything that comes in is dropped by a BPF
// program at the tc ingress hook, after packet sockets have seen it; IPv6 is switched off on the device.
// The program stays attached when the worker dies (fail closed) and is replaced by the next one's. It is found again by the
// handle and the name of its filter: looking programs up by their number would take CAP_SYS_ADMIN.
#ifndef PORTCULLIS_NET_ISOLATE_H
#define PORTCULLIS_NET_ISOLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>

struct isolation {
	int ifindex; // 0: not isolated
	char device[IFNAMSIZ];
	int program; // descriptor
	bool taken_over; // the program of an earlier worker was there
	bool made_qdisc;
	char ipv6_before; // value of disable_ipv6 to restore, 0: leave
};

// Before the first port. instance names the programs of this worker.
void isolate_set_up(const char *instance);

// Frees the devices of the current namespace that an earlier worker of this instance left isolated, except keep[].
void isolate_sweep(const int *keep, unsigned count);

int isolate_begin(struct isolation *i, int ifindex, const char *device, char *error, size_t size);
int isolate_keep(struct isolation *i); // attaches again what somebody removed
void isolate_end(struct isolation *i, bool remove); // remove false: leave it for the next worker

#endif
