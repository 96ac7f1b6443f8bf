// SPDX-License-Identifier: Apache-2.0
#include "launch/command.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const command_verbs[] = {"start", "pause", "stop", "kill", "status", "leave"};

// Words of text that ends at length, separated by tabs; text is cut in place.
static bool arguments_split(struct arguments *a, size_t length)
{
	a->count = 0;
	a->text[length] = '\0';
	for (char *at = a->text; at != NULL; a->count++) {
		if (a->count == COMMAND_ARGUMENTS)
			return false;
		char *tab = strchr(at, '\t');
		a->words[a->count] = at;
		if (tab != NULL)
			*tab++ = '\0';
		at = tab;
	}
	a->words[a->count] = NULL;
	return true;
}

static bool command_clean(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (line[i] != '\t' && (uint8_t)line[i] < 0x20)
			return false;
	return true;
}

const char *command_parse(struct command *c, const char *line, size_t length)
{
	struct arguments *a = &c->arguments;
	unsigned verb = 0;
	if (length == 0 || length >= sizeof(a->text) || !command_clean(line, length))
		return "the command is empty, too long or has control characters";
	memcpy(a->text, line, length);
	if (!arguments_split(a, length))
		return "the command has too many words";
	while (verb < COMMAND_VERBS && strcmp(a->words[0], command_verbs[verb]) != 0)
		verb++;
	if (verb == COMMAND_VERBS)
		return "there is no such command";
	c->verb = (enum command_verb)verb;
	if (c->verb != COMMAND_START)
		return a->count == 1 ? NULL : "the command takes no arguments";
	if (a->count < 2)
		return "start needs the arguments of the worker";
	memmove(a->words, a->words + 1, a->count * sizeof(a->words[0]));
	a->count--;
	return NULL;
}

void arguments_copy(struct arguments *to, const struct arguments *from)
{
	size_t at = 0;
	to->count = from->count;
	for (unsigned i = 0; i < from->count; i++) {
		size_t length = strlen(from->words[i]) + 1;
		memcpy(to->text + at, from->words[i], length);
		to->words[i] = to->text + at;
		at += length;
	}
	to->words[to->count] = NULL;
}

bool arguments_same(const struct arguments *a, const struct arguments *b)
{
	bool same = a->count == b->count;
	for (unsigned i = 0; same && i < a->count; i++)
		same = strcmp(a->words[i], b->words[i]) == 0;
	return same;
}

static unsigned arguments_find(const struct arguments *a, const char *option)
{
	unsigned i = 0;
	while (i + 1 < a->count && strcmp(a->words[i], option) != 0)
		i++;
	return i + 1 < a->count ? i + 1 : 0;
}

const char *arguments_value(const struct arguments *a, const char *option)
{
	unsigned i = arguments_find(a, option);
	return i == 0 ? NULL : a->words[i];
}

bool arguments_replace(struct arguments *a, const char *option, const char *value)
{
	struct arguments with = {.count = a->count};
	unsigned place = arguments_find(a, option);
	size_t at = 0;
	for (unsigned i = 0; place != 0 && i < a->count; i++) {
		const char *word = i == place ? value : a->words[i];
		size_t length = strlen(word) + 1;
		if (at + length > sizeof(with.text))
			return false;
		with.words[i] = memcpy(with.text + at, word, length);
		at += length;
	}
	if (place != 0)
		arguments_copy(a, &with);
	return place != 0;
}
