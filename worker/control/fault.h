// SPDX-License-Identifier: Apache-2.0
// The state file is mapped: when somebody cuts it short, or its memory breaks, the next look at what is gone is a SIGBUS.
// Nothing can be saved then. The worker says so in one sentence and ends; its successor makes a new file.
#ifndef PORTCULLIS_CONTROL_FAULT_H
#define PORTCULLIS_CONTROL_FAULT_H

void fault_watch(void);

#endif
