#include "journal.h"

#include "../common/strbuf.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 100 };

struct journal {
  int fd;
  const texts *fields;
  struct strbuf entry;
};

static int connect_journal(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

struct journal *journal_open(const texts *fields) {
  struct journal *journal = need_memory(sizeof *journal);

  *journal = (struct journal){.fd = -1, .fields = fields};
  return journal;
}

/* The journal may have been restarted: its socket is another one then. */
static void send_entry(struct journal *journal) {
  for (int attempt = 0; attempt < 3; attempt++) {
    if (journal->fd < 0) journal->fd = connect_journal();
    if (journal->fd < 0) return;
    if (send(journal->fd, journal->entry.at, journal->entry.length, MSG_NOSIGNAL) >= 0) return;
    if (errno == EAGAIN || errno == ENOBUFS) {
      struct pollfd poller = {.fd = journal->fd, .events = POLLOUT};
      if (poll(&poller, 1, PATIENCE_MS) <= 0) return;
    } else if (errno != EINTR) {
      close(journal->fd);
      journal->fd = -1;
    }
  }
}

void journal_write(struct journal *journal, bool is_error, const uint8_t *text, size_t size) {
  if (journal == NULL) return;
  bool ends = size > 0 && text[size - 1] == '\n';
  struct strbuf *entry = &journal->entry;

  strbuf_clear(entry);
  for (size_t i = 0; i < journal->fields->count; i++) {
    strbuf_text(entry, journal->fields->at[i]);
    strbuf_char(entry, '\n');
  }
  strbuf_text(entry, is_error ? "PRIORITY=3\n" : "PRIORITY=6\n"); /* error and info, as docker */
  if (!ends) strbuf_text(entry, "CONTAINER_PARTIAL_MESSAGE=true\n");
  strbuf_text(entry, "MESSAGE=");
  strbuf_add(entry, text, size);
  if (!ends) strbuf_char(entry, '\n');
  send_entry(journal);
}

void journal_close(struct journal *journal) {
  if (journal == NULL) return;
  if (journal->fd >= 0) close(journal->fd);
  strbuf_free(&journal->entry);
  free(journal);
}
