// SPDX-License-Identifier: Apache-2.0
// Is a session entry of a state file one that a worker has written completely?
#ifndef PORTCULLIS_STATE_SESSION_CHECK_H
#define PORTCULLIS_STATE_SESSION_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include "shm/layout.h"

// cold.checksum of an entry.
uint32_t session_checksum4(const struct fw_session4 *s);
uint32_t session_checksum6(const struct fw_session6 *s);

// Committed, checksum right, keys mirrored, every field in its bounds.
bool session_intact4(const struct fw_session4 *s);
bool session_intact6(const struct fw_session6 *s);

#endif
