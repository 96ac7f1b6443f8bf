// SPDX-License-Identifier: Apache-2.0
#include "control/fault.h"

#include <signal.h>
#include <unistd.h>
#include "options.h"

static const char sentence[] =
	"portcullis-worker: memory of the state file is gone (SIGBUS): somebody has cut the file short, or the memory is broken; "
	"the next worker makes a new file\n";

// Not the program's fault: it must not be put into quarantine for it.
static void fault_bus(int signal)
{
	(void)signal;
	(void)!write(STDERR_FILENO, sentence, sizeof(sentence) - 1);
	_exit(EXIT_RESOURCES);
}

void fault_watch(void)
{
	struct sigaction action = {.sa_handler = fault_bus};
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}
