// SPDX-License-Identifier: Apache-2.0
// One line on stderr per outcome.
#ifndef PORTCULLIS_NET_LOG_H
#define PORTCULLIS_NET_LOG_H

#include <stddef.h>

// What every line begins with; to be set before the first one.
extern const char *log_program;

__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

// Writes one sentence into a bounded buffer; returns code, so that a failure is one statement.
__attribute__((format(printf, 4, 5))) int log_fail(char *error, size_t size, int code,
						   const char *format, ...);

#endif
