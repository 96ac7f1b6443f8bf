// SPDX-License-Identifier: Apache-2.0
// A state file that is cut short under a worker ends it by its own word, whichever thread looks first; and the name of the
// file before.
#include "control/fault.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "control/before.h"
#include "options.h"
#include "shm/state.h"
#include "test.h"

static char folder[] = "/tmp/portcullis-fault-XXXXXX";
static char path[sizeof(folder) + 16];

struct child {
	int code; // of its exit; -1: it was killed
	char said[512];
};

static void *touch(void *context)
{
	*(volatile uint64_t *)context += 1;
	return NULL;
}

// As the worker does it: opened, watched, then the file loses its end, and somebody looks there.
static void worker(bool watched, bool other_thread)
{
	struct state s;
	char error[256];
	const struct state_capacity capacity = {1000, 10, 10};
	pthread_t thread;
	if (state_open(&s, path, NULL, 4096, &capacity, error, sizeof(error)) != 0)
		_exit(90);
	if (watched)
		fault_watch();
	else
		signal(SIGBUS, SIG_DFL); // a sanitizer has its own
	struct fw_session4 *last = &((struct fw_session4 *)s.sessions4)[999];
	touch(&last->cold.id); // it is there
	if (truncate(path, 8192) != 0)
		_exit(91);
	if (other_thread && pthread_create(&thread, NULL, touch, &last->cold.id) == 0)
		pthread_join(thread, NULL);
	touch(&last->cold.id);
	_exit(92);
}

static struct child run(bool watched, bool other_thread)
{
	struct child c = {.code = -1};
	const struct rlimit none = {0, 0};
	int ends[2], status;
	CHECK_EQ(pipe(ends), 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		worker(watched, other_thread);
	}
	close(ends[1]);
	size_t size = 0;
	for (ssize_t n; (n = read(ends[0], c.said + size, sizeof(c.said) - 1 - size)) > 0;)
		size += (size_t)n;
	close(ends[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		c.code = WEXITSTATUS(status);
	return c;
}

static void a_file_cut_short_ends_the_worker_by_its_own_word(void)
{
	for (unsigned other = 0; other < 2; other++) {
		struct child c = run(true, other);
		CHECK_EQ(c.code, EXIT_RESOURCES);
		CHECK(strstr(c.said, "portcullis-worker: memory of the state file is gone (SIGBUS)") != NULL);
		CHECK(strchr(c.said, '\n') == c.said + strlen(c.said) - 1); // one line
		unlink(path);
	}
}

static void without_the_watch_it_would_be_a_crash(void)
{
	CHECK_EQ(run(false, false).code, -1);
	unlink(path);
}

static void its_successor_begins_anew_and_says_why(void)
{
	struct state s;
	char error[256];
	const struct state_capacity capacity = {1000, 10, 10};
	CHECK_EQ(run(true, false).code, EXIT_RESOURCES);
	CHECK_EQ(state_open(&s, path, NULL, 4096, &capacity, error, sizeof(error)), 0);
	CHECK(s.fresh);
	CHECK(strstr(s.status->state_replaced, "it has 8192 bytes instead of ") != NULL);
	CHECK_EQ(s.status->kept.discarded, 1);
	state_close(&s);
	unlink(path);
}

static void the_name_of_the_file_before(void)
{
	char name[sizeof(folder) + 16], found[64];
	static const struct {
		const char *text, *path;
	} cases[] = {{"/dev/hugepages/portcullis-1\n", "/dev/hugepages/portcullis-1"},
		     {"/a/b", "/a/b"}, {"", NULL}, {"\n", NULL}, {"relative\n", NULL}};
	CHECK(before_read(folder, found, sizeof(found)) == NULL);
	snprintf(name, sizeof(name), "%s/state.before", folder);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		CHECK_EQ(write(fd, cases[i].text, strlen(cases[i].text)), strlen(cases[i].text));
		close(fd);
		const char *is = before_read(folder, found, sizeof(found));
		CHECK((is == NULL) == (cases[i].path == NULL));
		if (is != NULL)
			CHECK_STR(is, cases[i].path);
	}
	before_forget(folder);
	CHECK(access(name, F_OK) != 0);
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/state", folder);
	RUN(a_file_cut_short_ends_the_worker_by_its_own_word);
	RUN(without_the_watch_it_would_be_a_crash);
	RUN(its_successor_begins_anew_and_says_why);
	RUN(the_name_of_the_file_before);
	rmdir(folder);
	return 0;
}
