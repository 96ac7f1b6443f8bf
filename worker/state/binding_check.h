// SPDX-License-Identifier: Apache-2.0
// Is a row of the table of NAT bindings one that a worker has written completely?
#ifndef PORTCULLIS_STATE_BINDING_CHECK_H
#define PORTCULLIS_STATE_BINDING_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include "shm/layout.h"

// fw_binding.checksum of a row.
uint32_t binding_checksum(const struct fw_binding *b);

// Committed, checksum right, every field in its bounds.
bool binding_intact(const struct fw_binding *b);

#endif
