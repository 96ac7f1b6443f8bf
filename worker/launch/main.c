// SPDX-License-Identifier: Apache-2.0
// portcullis-launcher [--healthy | --alive]: set up, one loop, the worker's sessions left for the next.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "launch/launcher.h"
#include "launch/store.h"
#include "loop/clock.h"
#include "net/log.h"

#define MAIN_LOCK_WAIT_US 50000
#define MAIN_ASK_EVERY 100 // waits: five seconds, in which a pod that was told to end has ended

static const char *main_setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);
	return value != NULL && *value != '\0' ? value : otherwise;
}

// One launcher for each state directory: the pod before may still be on its way out. Or nobody ends it: a container whose
// shim was killed can live on without one. Then it is asked, and its worker hands over.
static int main_lock(struct launcher *l)
{
	char path[4200];
	unsigned waits = 0;
	snprintf(path, sizeof(path), "%s/launcher.lock", l->state_dir);
	l->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (l->lock < 0)
		return -errno;
	while (flock(l->lock, LOCK_EX | LOCK_NB) != 0) {
		sigset_t pending;
		if (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM))
			return -EINTR;
		if (waits == 0)
			log_line("another launcher has %s: waiting for its end", l->state_dir);
		if (++waits % MAIN_ASK_EVERY == 0)
			serve_ask_to_leave(l);
		usleep(MAIN_LOCK_WAIT_US);
	}
	return 0;
}

static int main_signals(struct launcher *l)
{
	sigset_t set;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	prctl(PR_SET_CHILD_SUBREAPER, 1); // what the worker leaves is reaped here
	fcntl(STDERR_FILENO, F_SETFL, fcntl(STDERR_FILENO, F_GETFL) | O_NONBLOCK);
	return l->signals < 0 ? -errno : 0;
}

static int main_open(struct launcher *l)
{
	uint64_t number = 0;
	const char *step = "signals";
	int code = main_signals(l);
	if (code == 0 && mkdir(l->state_dir, 0700) != 0 && errno != EEXIST)
		code = -errno;
	if (code == 0) {
		step = l->state_dir;
		code = main_lock(l);
	}
	if (code == 0)
		code = serve_open(l);
	if (code == -EINTR)
		return code;
	if (code != 0)
		log_line("cannot start: %s: %s", step, strerror(-code));
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = clock_monotonic_ns();
	snprintf(l->boot, sizeof(l->boot), "%016llx", (unsigned long long)number);
	l->wanted = store_load(l->state_dir, &l->arguments);
	return code;
}

static void main_signal(struct launcher *l)
{
	struct signalfd_siginfo info;
	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			run_reap(l);
			continue;
		}
		log_line("told to end: the worker leaves its sessions for the next one");
		run_leave(l);
	}
}

static void main_turn(struct launcher *l)
{
	struct pollfd p[LAUNCHER_CLIENTS + 3] = {{l->signals, POLLIN, 0},
						 {l->listener, POLLIN, 0},
						 {l->output, POLLIN, 0}};
	for (unsigned i = 0; i < LAUNCHER_CLIENTS; i++)
		p[i + 3] = (struct pollfd){l->clients[i].fd, POLLIN, 0};
	uint64_t wait = run_wait_ms(l);
	if (poll(p, LAUNCHER_CLIENTS + 3, wait > 1000000 ? -1 : (int)wait) < 0)
		return;
	if (p[2].revents != 0)
		run_output(l);
	if (p[0].revents != 0)
		main_signal(l);
	for (unsigned i = 0; i < LAUNCHER_CLIENTS; i++)
		if (p[i + 3].revents != 0 && l->clients[i].fd == p[i + 3].fd && p[i + 3].fd >= 0)
			serve_client(l, &l->clients[i]);
	if (p[1].revents != 0)
		serve_accept(l);
	if (l->pid != 0 && l->kill_at_ms != 0 && run_wait_ms(l) == 0)
		run_signal(l, SIGKILL);
	run_wanted(l);
}

int main(int argc, char **argv)
{
	static struct launcher l = {.output = -1, .log = -1};
	log_program = "portcullis-launcher";
	l.state_dir = main_setting("PORTCULLIS_STATE_DIR", "/var/lib/portcullis");
	l.binary = main_setting("PORTCULLIS_WORKER", "/usr/bin/portcullis-worker");
	l.requested = atoi(main_setting("PORTCULLIS_CPUS", "0"));
	l.pinning = main_setting("PORTCULLIS_PINNING", "");
	if (argc == 2 && strcmp(argv[1], "--healthy") == 0)
		return probe_healthy(l.state_dir);
	if (argc == 2 && strcmp(argv[1], "--alive") == 0)
		return probe_alive(l.state_dir);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("%s\n", PORTCULLIS_VERSION) < 0;
	if (argc > 1) {
		fprintf(stderr, "usage: portcullis-launcher [--healthy | --alive | --version]\n");
		return 2;
	}
	int code = main_open(&l);
	if (code != 0)
		return code == -EINTR ? 0 : 1;
	log_line("serving %s/launcher.sock", l.state_dir);
	run_wanted(&l);
	while (!l.leaving || l.pid != 0)
		main_turn(&l);
	return 0;
}
