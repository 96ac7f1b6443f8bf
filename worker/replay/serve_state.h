// SPDX-License-Identifier: Apache-2.0
#ifndef PORTCULLIS_REPLAY_SERVE_STATE_H
#define PORTCULLIS_REPLAY_SERVE_STATE_H

#include <stdio.h>
#include "replay/engine.h"

// A JSON object: counters, policies, interfaces, sessions.
void serve_state(FILE *out, const struct engine *e);

#endif
