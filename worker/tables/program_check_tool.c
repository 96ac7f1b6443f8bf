// SPDX-License-Identifier: Apache-2.0
// Test only: judges the programs of a pipe. Driven by program_check.test.ts.
//
// Input: a length (32 bits, host order) and that many bytes, again and again. Each is answered by one line:
// "accepted", or "refused VERDICT ROW SECTION FIELD: MESSAGE" with "-" for an empty word.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tables/tables.h"

static const char *word(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

static void judge(const unsigned char *bytes, uint32_t size)
{
	struct program_fault fault;
	memset(&fault, 0x5a, sizeof(fault)); // a fault must be filled, not assumed to be zero
	if (program_check(bytes, size, &fault) == 0)
		printf("accepted\n");
	else
		printf("refused %u %u %s %s: %s\n", fault.verdict, fault.row, word(fault.section), word(fault.field), fault.message);
	fflush(stdout);
}

int main(void)
{
	uint32_t size;
	while (fread(&size, sizeof(size), 1, stdin) == 1) {
		// Exactly as large as the program, so that a read behind it is seen.
		unsigned char *bytes = malloc(size == 0 ? 1 : size);
		if (bytes == NULL || fread(bytes, 1, size, stdin) != size)
			return 1;
		judge(bytes, size);
		free(bytes);
	}
	return 0;
}
