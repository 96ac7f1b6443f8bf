// SPDX-License-Identifier: Apache-2.0
#include "state/binding_check.h"
#include <stddef.h>
#include "shm/crc32c.h"

#define FLAGS (FW_BINDING_PERSISTENT | FW_BINDING_ANY_REMOTE)
#define TIMEOUT_MAX 0x7fffffffu // ticks

uint32_t binding_checksum(const struct fw_binding *b)
{
	return crc32c(b, offsetof(struct fw_binding, timeout));
}

bool binding_intact(const struct fw_binding *b)
{
	return b->valid == FW_SESSION_VALID && b->checksum == binding_checksum(b) &&
	       (b->flags & ~(unsigned)FLAGS) == 0 && b->timeout <= TIMEOUT_MAX;
}
