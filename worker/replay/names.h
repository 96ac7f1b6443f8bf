// SPDX-License-Identifier: Apache-2.0
// Words for the ends of packets: the same that the agent's command line prints.
#ifndef PORTCULLIS_REPLAY_NAMES_H
#define PORTCULLIS_REPLAY_NAMES_H

#include "pipeline/pipeline.h"

const char *name_of_outcome(enum outcome outcome);
const char *name_of_drop(enum fw_drop reason); // "policy-deny"
const char *name_of_tcp_state(uint8_t state);

// Names of rows of a generation; NULL for FW_NO_INDEX and rows that it does not have.
const char *name_of_port(const struct tables *t, uint32_t row);
const char *name_of_interface(const struct tables *t, uint32_t row);
const char *name_of_zone(const struct tables *t, uint32_t row);
const char *name_of_policy(const struct tables *t, uint32_t row);

#endif
