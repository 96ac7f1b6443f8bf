// SPDX-License-Identifier: Apache-2.0
// Which sessions a person means: for the list that the agent gives and for the command that ends sessions.
#ifndef PORTCULLIS_STATE_SESSION_FILTER_H
#define PORTCULLIS_STATE_SESSION_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include "shm/layout.h"

// now_ns: CLOCK_REALTIME.
bool session_filter_matches4(const struct fw_session_filter *f, const struct fw_session4 *s, uint64_t now_ns);
bool session_filter_matches6(const struct fw_session_filter *f, const struct fw_session6 *s, uint64_t now_ns);

// Lengths, family and the like are in their bounds.
bool session_filter_valid(const struct fw_session_filter *f);

#endif
