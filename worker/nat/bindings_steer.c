// SPDX-License-Identifier: Apache-2.0
#include "nat/bindings_table.h"

#include "state/session.h"
#include "steer/steer.h"

bool bindings_is_stray(const struct bindings *b, const struct fw_binding *row)
{
	return b->cores > 1 && !steer_port_fits(b->cores, row->internal, row->internal_port_be,
						row->external, row->external_port_be);
}

void bindings_set_cores(struct bindings *b, uint32_t cores)
{
	b->cores = cores;
	b->strays = 0;
	for (uint32_t i = 0; i < b->capacity; i++)
		if (b->rows[i].valid == FW_SESSION_VALID && bindings_is_stray(b, &b->rows[i]))
			b->strays++;
}

uint32_t bindings_strays(const struct bindings *b)
{
	return __atomic_load_n(&b->strays, __ATOMIC_RELAXED);
}

void bindings_steer(struct bindings *b, struct session_key4 *key)
{
	if (bindings_strays(b) == 0)
		return;
	uint32_t hash = bindings_hash_external(b, key->protocol, key->destination,
					       key->destination_port_be);
	rte_spinlock_t *lock = bindings_lock(&b->external, hash);
	rte_spinlock_lock(lock);
	uint32_t row = bindings_at(b, hash, key->protocol, key->destination, key->destination_port_be);
	if (row != FW_NO_INDEX) {
		memcpy(key->destination, b->rows[row].internal, 4);
		key->destination_port_be = b->rows[row].internal_port_be;
		if (steer_is_icmp(key->protocol))
			key->source_port_be = key->destination_port_be;
	}
	rte_spinlock_unlock(lock);
}
