/*
 * measure: runs commands for bench/run and says what they cost. It lives as long as the benchmark and is the
 * subreaper of everything the benchmark starts, so that monitors, keepers and late clean-up processes, which
 * outlive the command that started them, still end up being counted.
 *
 * One line in, one JSON line out:
 *   run ARGV0\tARGV1…   runs a command to its end, then waits until nothing below us uses CPU any more
 *   live                the living descendants
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DESCENDANTS = 4096, MAX_ARGS = 256, MAX_LINE = 65536 };

extern char **environ;

struct process {
  int pid, parent;
  double children_ms; /* CPU of its reaped children, in ticks of 10 ms: all that /proc tells */
};

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void sleep_ms(long ms) {
  struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  nanosleep(&t, NULL);
}

static bool read_file(const char *path, char *buffer, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t got = read(fd, buffer, size - 1);
  close(fd);
  if (got < 0) return false;
  buffer[got] = 0;
  return true;
}

/* Nanoseconds on a CPU, of all threads: exact, unlike the ticks in /proc/PID/stat. */
static double on_cpu_ms(int pid) {
  char path[64], text[128];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (!tasks) return 0;
  double sum = 0;
  for (struct dirent *entry; (entry = readdir(tasks));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", pid, entry->d_name);
    if (read_file(path, text, sizeof text)) sum += strtod(text, NULL) / 1e6;
  }
  closedir(tasks);
  return sum;
}

/* Fills `found` with everything below us that lives. */
static int descendants(struct process *found) {
  static struct process all[32768];
  int total = 0, count = 0;
  DIR *proc = opendir("/proc");
  if (!proc) return 0;
  for (struct dirent *entry; (entry = readdir(proc));) {
    int pid = atoi(entry->d_name);
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (pid <= 0 || !read_file(path, text, sizeof text)) continue;
    char *after = strrchr(text, ')');
    int parent;
    char state;
    long cutime, cstime;
    if (!after || sscanf(after + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld", &state,
                         &parent, &cutime, &cstime) != 4)
      continue;
    if (state == 'Z' || total == (int)(sizeof all / sizeof *all)) continue;
    all[total++] =
        (struct process){pid, parent, (double)(cutime + cstime) * 1e3 / (double)sysconf(_SC_CLK_TCK)};
  }
  closedir(proc);
  /* Pids wrap around, so a child may come before its parent: repeat until nothing is new. */
  bool grown = true;
  static bool taken[32768];
  memset(taken, 0, sizeof taken);
  while (grown) {
    grown = false;
    for (int i = 0; i < total; i++) {
      bool ours = all[i].parent == getpid();
      for (int j = 0; !ours && j < count; j++) ours = found[j].pid == all[i].parent;
      if (ours && !taken[i] && count < MAX_DESCENDANTS) {
        taken[i] = grown = true;
        found[count++] = all[i];
      }
    }
  }
  return count;
}

static void reap(void) {
  while (waitpid(-1, NULL, WNOHANG) > 0)
    ;
}

/* All CPU ever used below us: of the dead through wait, of the living through /proc. */
static double total_cpu_ms(void) {
  static struct process found[MAX_DESCENDANTS];
  struct rusage dead;
  reap();
  int count = descendants(found);
  getrusage(RUSAGE_CHILDREN, &dead);
  double sum = (double)(dead.ru_utime.tv_sec + dead.ru_stime.tv_sec) * 1e3 +
               (double)(dead.ru_utime.tv_usec + dead.ru_stime.tv_usec) / 1e3;
  for (int i = 0; i < count; i++) sum += on_cpu_ms(found[i].pid) + found[i].children_ms;
  return sum;
}

/* Late clean-up counts too: waits until the total has stood still for 60 ms, two seconds at most. */
static double settled_cpu_ms(void) {
  double last = total_cpu_ms(), since = now_ms(), deadline = since + 2000;
  while (now_ms() - since < 60 && now_ms() < deadline) {
    sleep_ms(10);
    double total = total_cpu_ms();
    if (total - last > 0.2) since = now_ms();
    last = total;
  }
  return last;
}

static void run(char *line) {
  char *argv[MAX_ARGS];
  int argc = 0;
  for (char *word = strsep(&line, "\t"); word && argc < MAX_ARGS - 1; word = strsep(&line, "\t"))
    argv[argc++] = word;
  argv[argc] = NULL;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);

  double cpu = total_cpu_ms(), began = now_ms();
  pid_t pid;
  int status = 0, error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error) {
    printf("{\"error\":\"%s: %s\"}\n", argv[0], strerror(error));
    return;
  }
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  double wall = now_ms() - began;
  printf("{\"code\":%d,\"wall\":%.3f,\"cpu\":%.3f}\n",
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall, settled_cpu_ms() - cpu);
}

static void live(void) {
  static struct process found[MAX_DESCENDANTS];
  reap();
  int count = descendants(found);
  printf("{\"pids\":[");
  for (int i = 0; i < count; i++) printf("%s%d", i ? "," : "", found[i].pid);
  printf("]}\n");
}

int main(void) {
  static char line[MAX_LINE];
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "run ", 4) == 0)
      run(line + 4);
    else if (strcmp(line, "live") == 0)
      live();
    else
      printf("{\"error\":\"no command\"}\n");
    fflush(stdout);
  }
  /* Whoever still lives goes with the benchmark. */
  static struct process found[MAX_DESCENDANTS];
  for (int count, tries = 0; (count = descendants(found)) > 0 && tries < 50; tries++) {
    for (int i = 0; i < count; i++) kill(found[i].pid, SIGKILL);
    sleep_ms(20);
    reap();
  }
  return 0;
}
