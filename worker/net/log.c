// SPDX-License-Identifier: Apache-2.0
#include "net/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

const char *log_program = "portcullis-worker";

void log_line(const char *format, ...)
{
	char line[1024];
	size_t start = (size_t)snprintf(line, sizeof(line) / 2, "%s: ", log_program);
	va_list args;
	va_start(args, format);
	int n = vsnprintf(line + start, sizeof(line) - start - 1, format, args);
	va_end(args);
	size_t length = start + (n < 0 ? 0 : (size_t)n);
	if (length > sizeof(line) - 1)
		length = sizeof(line) - 1;
	line[length++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, length); // one write: lines of threads do not mix
	(void)written;
}

int log_fail(char *error, size_t size, int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return code;
}
