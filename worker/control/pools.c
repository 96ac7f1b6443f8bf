// SPDX-License-Identifier: Apache-2.0
#include "control/pools.h"

#include <errno.h>
#include <rte_mbuf.h>
#include "net/log.h"
#include "net/port.h"

#define POOLS_SHARE 4 // at most a quarter of the memory is packet buffers
#define POOLS_MIN 1024u
#define POOLS_MAX 65536u
#define POOLS_JUMBO_COUNT 1024u
#define POOLS_JUMBO_ROOM 9216u
#define POOLS_CACHE 128u

static struct rte_mempool *small, *jumbo;

int pools_open(uint64_t memory)
{
	const uint64_t each = RTE_PKTMBUF_HEADROOM + PORT_DATA_ROOM + sizeof(struct rte_mbuf) + 64;
	uint64_t count = memory / POOLS_SHARE / each;
	if (count > POOLS_MAX)
		count = POOLS_MAX;
	if (count < POOLS_MIN)
		count = POOLS_MIN;
	small = rte_pktmbuf_pool_create("packets", (unsigned)count, POOLS_CACHE, 0,
					RTE_PKTMBUF_HEADROOM + PORT_DATA_ROOM, SOCKET_ID_ANY);
	if (small == NULL)
		return -ENOMEM;
	log_line("%u packet buffers", (unsigned)count);
	return 0;
}

struct rte_mempool *pools_small(void)
{
	return small;
}

struct rte_mempool *pools_jumbo(void)
{
	if (jumbo == NULL)
		jumbo = rte_pktmbuf_pool_create("jumbo", POOLS_JUMBO_COUNT, 0, 0,
						RTE_PKTMBUF_HEADROOM + POOLS_JUMBO_ROOM,
						SOCKET_ID_ANY);
	return jumbo;
}
