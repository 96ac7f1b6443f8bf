// SPDX-License-Identifier: Apache-2.0
// Checks of single fields.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tables/check.h"

#define LONGEST_TIMEOUT_S (0x7fffffffu / 1024)

bool check_fail(struct check *c, uint32_t row, const char *field, const char *format, ...)
{
	va_list arguments;
	struct program_fault *f = c->fault;
	memset(f, 0, sizeof(*f));
	f->verdict = c->section[0] == '\0' ? FW_VERDICT_REFUSED_LAYOUT : FW_VERDICT_REFUSED_ROW;
	f->row = row;
	snprintf(f->section, sizeof(f->section), "%s", c->section);
	snprintf(f->field, sizeof(f->field), "%s", field);
	va_start(arguments, format);
	vsnprintf(f->message, sizeof(f->message), format, arguments);
	va_end(arguments);
	return false;
}

// Bytes of the UTF-8 sequence at s, which NUL ends; 0: not one (RFC 3629).
static size_t utf8_length(const uint8_t *s)
{
	if (s[0] < 0x80)
		return 1;
	size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

bool check_name(struct check *c, uint32_t row, const char *field, const char *name, size_t size)
{
	const uint8_t *bytes = (const uint8_t *)name;
	size_t length = strnlen(name, size);
	if (length == size)
		return check_fail(c, row, field, "The name does not end in NUL.");
	for (size_t i = 0; i < length;) {
		size_t step = utf8_length(bytes + i);
		if (step == 0)
			return check_fail(c, row, field, "The name is not UTF-8 at byte %zu.", i);
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			return check_fail(c, row, field,
					  "The name has a control character at byte %zu.", i);
		i += step;
	}
	return check_zero(c, row, field, name + length, size - length);
}

bool check_device_name(struct check *c, uint32_t row, const char *field, const char *name)
{
	size_t length = strlen(name);
	if (length == 0 || length >= FW_IFNAME_SIZE)
		return check_fail(c, row, field,
				  "The name of a kernel device has 1 to 15 bytes, not %zu.",
				  length);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strpbrk(name, "/: ") != NULL)
		return check_fail(c, row, field, "\"%s\" cannot be the name of a kernel device.",
				  name);
	return true;
}

bool check_zero(struct check *c, uint32_t row, const char *field, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((const uint8_t *)bytes)[i] != 0)
			return check_fail(c, row, field, "A byte that is not used is not zero.");
	return true;
}

bool check_list(struct check *c, uint32_t row, const char *field, uint32_t first, uint32_t count,
		uint32_t total, uint32_t *end)
{
	if (first > total || count > total - first)
		return check_fail(c, row, field, "Rows %u to %llu do not exist: there are %u.",
				  first, (unsigned long long)first + count, total);
	if (count > 0 && first != *end)
		return check_fail(c, row, field,
				  "The list begins at %u, the one before ends at %u.", first, *end);
	*end += count;
	return true;
}

bool check_end(struct check *c, const char *field, uint32_t end, uint32_t total)
{
	if (end != total)
		return check_fail(c, FW_NO_INDEX, field, "Rows %u to %u belong to no list.", end,
				  total);
	return true;
}

bool check_index(struct check *c, uint32_t row, const char *field, uint32_t index, uint32_t total)
{
	if (index >= total)
		return check_fail(c, row, field, "Row %u does not exist: there are %u.", index,
				  total);
	return true;
}

bool check_address(struct check *c, uint32_t row, const char *field, uint8_t family,
		   const uint8_t address[16])
{
	if (family != 4 && family != 6)
		return check_fail(c, row, "family", "The family is %u, not 4 or 6.", family);
	return family == 6 || check_zero(c, row, field, address + 4, 12);
}

bool check_unicast(struct check *c, uint32_t row, const char *field, uint8_t family,
		   const uint8_t address[16])
{
	static const uint8_t zero[16];
	if (!check_address(c, row, field, family, address))
		return false;
	bool multicast = family == 4 ? address[0] >= 224 : address[0] == 0xff;
	if (multicast || memcmp(address, zero, 16) == 0)
		return check_fail(c, row, field, "The address is not a unicast address.");
	return true;
}

bool check_prefix(struct check *c, uint32_t row, const struct fw_prefix_row *p, bool host_bits)
{
	if (!check_address(c, row, "address", p->family, p->address))
		return false;
	unsigned bits = p->family == 4 ? 32 : 128;
	if (p->length > bits)
		return check_fail(c, row, "length", "A prefix length of %u exceeds %u.", p->length,
				  bits);
	for (unsigned i = p->length; i < bits && !host_bits; i++)
		if (p->address[i / 8] >> (7 - i % 8) & 1)
			return check_fail(c, row, "address",
					  "Bits below the prefix length are set.");
	return check_zero(c, row, "pad", p->pad, sizeof(p->pad));
}

bool check_refs(struct check *c, uint32_t row, const char *field, uint32_t first, uint32_t count,
		uint32_t total)
{
	if (!check_list(c, row, field, first, count, c->program->refs.count, &c->refs))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!check_index(c, row, field, *program_row_ref(c->program, first + i), total))
			return false;
	return true;
}

bool check_named(struct check *c, uint32_t row, const char *name, uint64_t name_id)
{
	if (!check_name(c, row, "name", name, FW_NAME_SIZE))
		return false;
	if (name[0] == '\0')
		return check_fail(c, row, "name", "The row needs a name.");
	if (name_id == 0)
		return check_fail(c, row, "name_id", "The id is 0.");
	return true;
}

bool check_timeout(struct check *c, uint32_t row, const char *field, uint32_t seconds)
{
	if (seconds == 0 || seconds > LONGEST_TIMEOUT_S)
		return check_fail(c, row, field, "%u seconds are not in 1 to %u.", seconds,
				  LONGEST_TIMEOUT_S);
	return true;
}

struct unique {
	uint8_t key[UNIQUE_KEY];
	uint32_t row;
};

static int unique_compare(const void *a, const void *b)
{
	const struct unique *x = a, *y = b;
	int order = memcmp(x->key, y->key, UNIQUE_KEY);
	return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

bool check_unique(struct check *c, const char *field, uint32_t count, check_key_fn *fill)
{
	bool good = true;
	struct unique *all = calloc(count + 1u, sizeof(*all));
	if (all == NULL) {
		check_fail(c, FW_NO_INDEX, field, "No memory to look for duplicates.");
		c->fault->verdict = FW_VERDICT_REFUSED_RESOURCES;
		return false;
	}
	for (uint32_t row = 0; row < count; row++) {
		fill(c->program, row, all[row].key);
		all[row].row = row;
	}
	qsort(all, count, sizeof(*all), unique_compare);
	for (uint32_t i = 1; i < count && good; i++)
		if (memcmp(all[i].key, all[i - 1].key, UNIQUE_KEY) == 0)
			good = check_fail(c, all[i].row, field,
					  "The value stands in row %u already.", all[i - 1].row);
	free(all);
	return good;
}
