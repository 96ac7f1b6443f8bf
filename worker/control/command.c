// SPDX-License-Identifier: Apache-2.0
// The first look at a control file only learns where its commands stand: what was asked of an earlier worker is past.
#include "control/command.h"
#include <unistd.h>
#include "control/status.h"
#include "net/log.h"
#include "pipeline/clear.h"
#include "state/session_filter.h"

#define COMMAND_LOOKS 200 // at the cores, before the other work goes on
#define COMMAND_WAIT_US 100

static void command_answer(struct control *c, uint64_t result)
{
	struct fw_worker_status *s = c->state->status;
	status_begin(s);
	s->command_sequence = c->command;
	s->command_result = result;
	status_end(s);
	c->commanded = false;
}

// The sum over the cores; false: one is still at it. An answer stays until the next question.
static bool command_answers(const struct control *c, uint64_t *sum)
{
	uint64_t ended;
	*sum = 0;
	for (uint32_t n = 0; n < c->loops->count; n++) {
		if (!clear_answered(c->loops->all[n].core, &ended))
			return false;
		*sum += ended;
	}
	return true;
}

static void command_await(struct control *c)
{
	uint64_t ended;
	for (unsigned i = 0; i < COMMAND_LOOKS; i++) {
		if (command_answers(c, &ended)) {
			log_line("%llu sessions ended by command", (unsigned long long)ended);
			command_answer(c, ended);
			return;
		}
		loops_wake(c->loops);
		usleep(COMMAND_WAIT_US);
	}
}

static void command_start(struct control *c, const struct fw_command *command)
{
	c->commanded = true;
	if (command->kind == FW_COMMAND_CLEAR_SESSIONS && session_filter_valid(&command->filter)) {
		for (uint32_t n = 0; n < c->loops->count; n++)
			clear_ask(c->loops->all[n].core, &command->filter);
		command_await(c);
	} else {
		command_answer(c, 0);
	}
}

void command_look(struct control *c)
{
	struct fw_command command;
	if (c->commanded) {
		command_await(c);
		return;
	}
	if (!c->file_open || control_command(&c->file, &command) != 0)
		return;
	bool first = !c->command_known;
	c->command_known = true;
	if (!first && command.sequence == c->command)
		return;
	c->command = command.sequence;
	if (first || command.sequence == 0)
		command_answer(c, 0);
	else
		command_start(c, &command);
}
