// SPDX-License-Identifier: Apache-2.0
// A packet socket port from the inside; shared by packet.c (frames) and packet_open.c (life).
#ifndef PORTCULLIS_NET_PACKET_H
#define PORTCULLIS_NET_PACKET_H

#include <sys/socket.h>
#include <sys/uio.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include "net/isolate.h"
#include "net/offload.h"
#include "net/port.h"

#define PACKET_BATCH 32
#define PACKET_BEYOND 65536 // largest frame beyond what fits into a buffer
#define PACKET_FRONT 16384 // room before it, for the part that did

struct packet_slot {
	struct rte_mbuf *mbuf;
	struct virtio_net_hdr header;
	uint8_t *large; // PACKET_FRONT + PACKET_BEYOND bytes
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec v[3];
};

struct packet_port {
	struct port port;
	int nl;
	int claim; // socket whose name says that the device is taken
	struct isolation isolation;
	uint32_t original_mtu; // to restore; 0: not changed
	uint64_t missed;
	struct packet_slot slots[PACKET_BATCH];
	struct mmsghdr messages[PACKET_BATCH];
	unsigned filled, taken; // slots of the last batch
	bool segmenting; // slots[taken] is being cut
	struct segmenter segmenter;
	uint16_t tpid, tci; // VLAN tag of the current frame; tpid 0: none
};

unsigned packet_receive(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count);
unsigned packet_transmit(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count,
			 enum fw_drop *reason);

static inline struct packet_port *packet_of(struct port *p)
{
	return (struct packet_port *)(void *)p;
}

#endif
