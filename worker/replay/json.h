// SPDX-License-Identifier: Apache-2.0
#ifndef PORTCULLIS_REPLAY_JSON_H
#define PORTCULLIS_REPLAY_JSON_H

#include <stdint.h>
#include <stdio.h>

// A JSON string, or null for NULL.
static inline void json_string(FILE *file, const char *text)
{
	if (text == NULL) {
		fputs("null", file);
		return;
	}
	fputc('"', file);
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte == '"' || byte == '\\')
			fprintf(file, "\\%c", byte);
		else if (byte < 0x20)
			fprintf(file, "\\u%04x", byte);
		else
			fputc(byte, file);
	}
	fputc('"', file);
}

static inline void json_hex(FILE *file, const uint8_t *bytes, uint32_t length)
{
	static const char digits[] = "0123456789abcdef";
	fputc('"', file);
	for (uint32_t i = 0; i < length; i++) {
		fputc(digits[bytes[i] >> 4], file);
		fputc(digits[bytes[i] & 15], file);
	}
	fputc('"', file);
}

#endif
