// SPDX-License-Identifier: Apache-2.0
// Commands of the agent: one at a time, answered in the worker's status.
#ifndef PORTCULLIS_CONTROL_COMMAND_H
#define PORTCULLIS_CONTROL_COMMAND_H

#include "control/control.h"

void command_look(struct control *c); // is there a new one, has the last one been answered

#endif
