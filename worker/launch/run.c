// SPDX-License-Identifier: Apache-2.0
// The worker's life: started, listened to, reaped, started again.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "launch/cpus.h"
#include "launch/facts.h"
#include "launch/launcher.h"
#include "launch/store.h"
#include "loop/clock.h"
#include "net/log.h"

#define RUN_LOG_KEEP (1 << 20)
#define RUN_NO_START 127

static uint64_t run_now_ms(void)
{
	return clock_monotonic_ns() / 1000000;
}

// Rotated when large; whoever reads it may cut it short.
static void run_open_log(struct launcher *l)
{
	char path[4200], old[4208];
	struct stat st;
	if (l->log >= 0)
		close(l->log);
	snprintf(path, sizeof(path), "%s/worker.log", l->state_dir);
	snprintf(old, sizeof(old), "%s.1", path);
	if (stat(path, &st) == 0 && st.st_size > RUN_LOG_KEEP)
		rename(path, old);
	l->log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

// In the child. The worker dies with the launcher, as all of a container does with its first process.
static void run_exec(const struct launcher *l, int output, int failed)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	char *argv[COMMAND_ARGUMENTS + 2] = {(char *)(uintptr_t)l->binary};
	memcpy(argv + 1, l->arguments.words, (l->arguments.count + 1) * sizeof(argv[0]));
	if (chdir("/") == 0)
		execv(l->binary, argv);
	int error = errno;
	ssize_t written = write(failed, &error, sizeof(error));
	(void)written;
	_exit(RUN_NO_START);
}

// 0, or the errno of what kept it from running.
static int run_fork(struct launcher *l)
{
	int output[2], failed[2], error = 0;
	if (pipe2(output, O_CLOEXEC) != 0)
		return errno;
	if (pipe2(failed, O_CLOEXEC) != 0) {
		error = errno;
		close(output[0]);
		close(output[1]);
		return error;
	}
	l->since_ns = clock_monotonic_ns();
	l->pid = fork();
	if (l->pid == 0)
		run_exec(l, output[1], failed[1]);
	if (l->pid < 0)
		error = errno;
	close(output[1]);
	close(failed[1]);
	if (l->pid > 0 && read(failed[0], &error, sizeof(error)) > 0)
		waitpid(l->pid, NULL, 0);
	close(failed[0]);
	if (error == 0) {
		l->output = output[0];
		fcntl(l->output, F_SETFL, O_NONBLOCK);
		return 0;
	}
	close(output[0]);
	l->pid = 0;
	return error;
}

static void run_failed(struct launcher *l, const char *why)
{
	uint32_t wait = backoff_next(&l->backoff, 0);
	l->ended = (struct ended){.run = l->run, .code = RUN_NO_START};
	snprintf(l->ended.fault, sizeof(l->ended.fault), "%s", why);
	l->not_before_ms = run_now_ms() + (wait < BACKOFF_FIRST_MS ? BACKOFF_FIRST_MS : wait);
	log_line("%s", why);
	serve_news(l);
}

// The CPUs may be others than those of the container before.
static bool run_fit(struct launcher *l)
{
	char fit[CPUS_TEXT];
	cpu_set_t allowed;
	const char *cores = arguments_value(&l->arguments, "--cores");
	if (cores == NULL || sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return true; // the worker says what it misses
	if (!cpus_fit(cores, &allowed, fit))
		return false;
	if (strcmp(fit, cores) != 0)
		log_line("this container has other CPUs: cores %s instead of %s", fit, cores);
	return strcmp(fit, cores) == 0 || arguments_replace(&l->arguments, "--cores", fit);
}

void run_wanted(struct launcher *l)
{
	if (!l->wanted || l->leaving || l->held_by != 0 || l->pid != 0 || run_now_ms() < l->not_before_ms)
		return;
	l->run++;
	if (!run_fit(l)) {
		run_failed(l, "this container has fewer CPUs than the worker needs");
		return;
	}
	run_open_log(l);
	int error = run_fork(l);
	if (error != 0) {
		char why[256];
		snprintf(why, sizeof(why), "the worker %s cannot be started: %s", l->binary,
			 strerror(error));
		run_failed(l, why);
		return;
	}
	l->kill_at_ms = 0;
	log_line("worker %llu started, pid %d", (unsigned long long)l->run, (int)l->pid);
	serve_news(l);
}

void run_signal(struct launcher *l, int signal)
{
	if (l->pid == 0)
		return;
	kill(l->pid, signal);
	if (signal != SIGKILL && l->kill_at_ms == 0)
		l->kill_at_ms = run_now_ms() + LAUNCHER_STOP_MS;
}

void run_leave(struct launcher *l)
{
	l->leaving = true;
	run_signal(l, SIGUSR1);
}

static void run_line(struct launcher *l, const char *line, size_t length)
{
	ssize_t written = write(STDERR_FILENO, line, length); // nobody there, or full: lost
	written = l->log >= 0 ? write(l->log, line, length) : 0;
	(void)written;
}

void run_output(struct launcher *l)
{
	char text[4096];
	ssize_t n;
	while (l->output >= 0 && (n = read(l->output, text, sizeof(text))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		run_line(l, text, (size_t)n);
	}
	if (l->output >= 0)
		close(l->output);
	l->output = -1;
}

static void run_ended(struct launcher *l, int status)
{
	run_output(l); // its last words come before the news of its end
	if (l->output >= 0)
		close(l->output);
	uint64_t lived = (clock_monotonic_ns() - l->since_ns) / 1000000;
	bool asked = l->kill_at_ms != 0;
	l->output = -1;
	l->pid = 0;
	l->kill_at_ms = 0;
	l->ended = (struct ended){.run = l->run,
				  .code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
				  .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
	l->not_before_ms = asked ? 0 : run_now_ms() + backoff_next(&l->backoff, lived);
	if (l->ended.signal != 0)
		log_line("worker %llu was ended by signal %d", (unsigned long long)l->run,
			     l->ended.signal);
	else
		log_line("worker %llu ended with code %d", (unsigned long long)l->run,
			     l->ended.code);
	serve_news(l);
}

void run_reap(struct launcher *l)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		if (pid == l->pid)
			run_ended(l, status);
}

uint64_t run_wait_ms(const struct launcher *l)
{
	uint64_t now = run_now_ms(), at = UINT64_MAX;
	if (l->pid != 0 && l->kill_at_ms != 0)
		at = l->kill_at_ms;
	if (l->pid == 0 && l->wanted && l->held_by == 0 && !l->leaving)
		at = l->not_before_ms;
	return at == UINT64_MAX ? UINT64_MAX : at > now ? at - now : 0;
}
