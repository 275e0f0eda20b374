/*
 * The one error convention. A function that can fail takes `struct fail *fail` last, fills it in and returns
 * -1; 0 (or a descriptor, or a count) is success. The struct has no pointers, so that a child can send it
 * through a pipe as it is. It is filled in once, where the thing went wrong; callers may add a hint, never a
 * second message.
 */
#ifndef SAMPAN_FAIL_H
#define SAMPAN_FAIL_H

enum { EXIT_HELPER = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

struct strbuf;

struct fail {
  int exit_code;     /* 125, 126, 127; 0 as long as nothing failed */
  int error;         /* errno, or 0 where no system call was involved */
  char step[40];     /* what was being done: "mount overlay" */
  char on[512];      /* to which thing: a path, a name */
  char message[768]; /* the sentence for the person; lower case, no final period */
  char hint[512];    /* what to try next, or "" */
};

/* Takes errno. message becomes "STEP ON: STRERROR". `on` is a printf format. Always returns -1. */
int fail_errno(struct fail *fail, const char *step, const char *on, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with an errno of one's own (a library's negative return value, say). */
int fail_code(struct fail *fail, int error, const char *step, const char *on, ...)
    __attribute__((format(printf, 4, 5)));

/* No errno, our own sentence. Always returns -1. */
int fail_say(struct fail *fail, int exit_code, const char *step, const char *message, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds what to try next; always returns -1, so `return fail_hint(fail, …)` follows a fail_errno. */
int fail_hint(struct fail *fail, const char *hint, ...) __attribute__((format(printf, 2, 3)));

/* The `failed` event of docs/helper-protocol.md as one JSON line, newline included, written to fd. */
void fail_event(const struct fail *fail, int fd);

/* The same line, without its newline, at the end of a buffer. */
void fail_line(const struct fail *fail, struct strbuf *out);

/* Reads such a line back. 0, or -1 when it is something else. */
int fail_read(struct fail *fail, const char *line);

/* `Error: MESSAGE`, then the hint on its own line, to fd (a person reads it). */
void fail_print(const struct fail *fail, int fd);

#endif
