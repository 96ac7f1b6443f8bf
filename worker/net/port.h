// SPDX-License-Identifier: Apache-2.0
// One device that frames come from and go to: a TAP, a packet socket on a kernel interface, or an ethdev.
//
// The control thread opens, watches and closes; the datapath cores receive and transmit. A device is read by one core, the
// same for as long as it is open, or by several through a queue each; every core may write. A core never closes: a device
// that fails under it is marked failed and left alone until the control thread has taken it out of the generation.
#ifndef PORTCULLIS_NET_PORT_H
#define PORTCULLIS_NET_PORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <rte_mbuf.h>
#include "shm/layout.h"

#define PORT_ALIAS_SIZE 160
#define PORT_FRAME_EXTRA 18 // Ethernet header and one VLAN tag beside the MTU

struct port;

struct port_operations {
	// core: index of the calling one. Takes up to count frames. A return of count says that there may be more without the descriptor being readable.
	unsigned (*receive)(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count);
	// Sends in order and frees what it sent. Returns how many were taken; *reason says why the next one was not.
	unsigned (*transmit)(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count,
			     enum fw_drop *reason);
	// Core, for a device without fd. The device shall tell of its next frame by epoll, with row as the event's data, or no more.
	// 0, or a negative errno: it cannot now. NULL: it never can.
	int (*arm)(struct port *p, uint32_t core, int epoll, uint32_t row);
	void (*disarm)(struct port *p, uint32_t core);
	void (*forget)(struct port *p, uint32_t core, int epoll); // takes it out of the set
	uint64_t (*missed)(struct port *p); // lost before we could read them; control thread
	// Looks at the device again after an event or in time: state, mac, mtu. False: the device is gone.
	bool (*refresh)(struct port *p);
	// remove: undo what open changed in the kernel; otherwise leave it for the next worker.
	void (*close)(struct port *p, bool remove);
};

struct port {
	const struct port_operations *operations;
	struct rte_mempool *pool; // single-segment buffers large enough for its MTU
	int fd; // readable when frames wait; -1: polled, or by arm()
	_Atomic uint32_t wake; // enum fw_rx_wake
	uint32_t reader; // index of the core that reads it
	uint32_t queues; // above 1: so many cores read it, each through a queue of its own
	enum fw_spread spread; // how frames come to these queues
	int watch_fd; // netlink socket that tells of changes of the device, or -1
	uint8_t mac[6]; // of our side
	uint32_t mtu;
	int ifindex; // of the kernel device, 0: none
	char device[IFNAMSIZ];
	bool made; // nothing of it was there before it was opened
	bool reshaped; // closed to be opened otherwise: undo what does not protect the device
	_Atomic bool up;
	_Atomic bool failed; // the core can no longer use it
	_Atomic uint64_t oversized; // frames larger than a buffer, since the last port_take_oversized()
};

// What all kinds are opened with.
struct port_request {
	const char *name; // of the port or interface, for messages and marks
	const char *device;
	const char *network_namespace; // "": the worker's own
	const char *mark; // alias that says whose the device is; see worker/control/identity.h
	const uint8_t *kernel_mac; // TAP: MAC of the kernel's side; NULL: the kernel's choice
	uint8_t mac[6]; // TAP: MAC of our side
	uint32_t mtu; // 0: the device's own
	uint32_t cores; // that will use it
	bool adopt; // TAP: a device that somebody else made may be used
	bool virtual; // ethdev: the device is "name,arguments" of a driver, not a PCI address
	bool serves; // socket: make it and listen; false: connect to it
	bool virtio; // socket: the driver's side; false: the device's
	bool watch; // TAP: it may be in another namespace, tell of changes by watch_fd
	struct rte_mempool *pool; // for MTUs up to PORT_SMALL_MTU
	struct rte_mempool *(*jumbo)(void); // for larger ones; NULL: no memory for it
};

#define PORT_DATA_ROOM 2048
#define PORT_SMALL_MTU (PORT_DATA_ROOM - PORT_FRAME_EXTRA - 1) // one byte to see that a frame is too long

// Open one. Returns 0, or a negative errno with one sentence in error: what is wrong and the cure.
int tap_open(const struct port_request *request, struct port **out, char *error, size_t size);
int packet_open(const struct port_request *request, struct port **out, char *error, size_t size);
int ethdev_open(const struct port_request *request, struct port **out, char *error, size_t size);
int socket_open(const struct port_request *request, struct port **out, char *error, size_t size); // device: path of a vhost-user socket

// Becomes readable when a device of DPDK has changed or goes. The first call makes it.
int ethdev_bell(void);

// It can wake a core that sleeps, as far as is known.
static inline bool port_wakes(const struct port *p)
{
	uint32_t wake = atomic_load_explicit(&p->wake, memory_order_relaxed);
	return wake != FW_WAKE_REFUSED && wake != FW_WAKE_SILENT;
}

static inline bool port_read_by(const struct port *p, uint32_t core)
{
	return p->queues > 1 ? core < p->queues : p->reader == core;
}

// Common parts of the backends.
int port_choose_pool(struct port *p, const struct port_request *request, char *error, size_t size);
bool port_watch_drain(struct port *p); // empties watch_fd; true when it told of this device
uint64_t port_take_oversized(struct port *p);

// Makes a TAP look connected or not, as its port is.
void tap_set_carrier(struct port *p, bool up);
int tap_set_mac(struct port *p, const uint8_t mac[6]);
int tap_set_mtu(struct port *p, uint32_t mtu);

#endif
