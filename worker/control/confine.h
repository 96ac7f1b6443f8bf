// SPDX-License-Identifier: Apache-2.0
// The system calls that a worker keeps (seccomp filters, which no thread of it can take off again). A call that is not
// among them fails with EPERM, one that is newer than the list with ENOSYS, so that a C library goes back to what it did
// before there was such a call. Calls of a foreign architecture end the process.
#ifndef PORTCULLIS_CONTROL_CONFINE_H
#define PORTCULLIS_CONTROL_CONFINE_H

#include <stddef.h>

// First of all, before there is a second thread: no program is executed, traced, mounted or loaded any more, no namespace
// is made, sockets are of the few families that ports and control need. Returns 0, or EXIT_RESOURCES and a sentence.
int confine_start(char *error, size_t size);

// Once drivers are loaded and keys are made, for all threads: memory cannot become executable.
int confine_running(char *error, size_t size);

#endif
