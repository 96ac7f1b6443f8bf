// SPDX-License-Identifier: Apache-2.0
// Packet buffers: one pool for ordinary frames from the start, one for jumbo frames when the first port needs it.
#ifndef PORTCULLIS_CONTROL_POOLS_H
#define PORTCULLIS_CONTROL_POOLS_H

#include <stdint.h>
#include <rte_mempool.h>

int pools_open(uint64_t memory); // bytes that EAL has in all; 0 or -ENOMEM
struct rte_mempool *pools_small(void);
struct rte_mempool *pools_jumbo(void); // NULL: no memory

#endif
