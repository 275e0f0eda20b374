/* See bridged.h. */
#include "bridged.h"
#include "../bridge/client.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { MOST_NETWORKS = 32, LARGEST_HOSTS = 1 << 20 };

struct bridged {
  const struct bundle *bundle;
  int connection, netns;
  size_t count;
  struct {
    const struct sampan_membership *wanted;
    struct joined joined;
  } at[MOST_NETWORKS];
};

/* Lines that begin with one of the addresses: ours, of this run or of the last one. */
static bool is_own_line(const char *line, size_t length, yajl_val networks) {
  for (size_t i = 0; YAJL_IS_ARRAY(networks) && i < networks->u.array.len; i++)
    for (int six = 0; six < 2; six++) {
      const char *ip = json_text(networks->u.array.values[i], six ? "ip6" : "ip");
      size_t size = ip ? strlen(ip) : 0;
      if (size && size < length && strncmp(line, ip, size) == 0 && line[size] == '\t') return true;
    }
  return false;
}

static void keep_lines(struct strbuf *out, const char *text, yajl_val before) {
  while (*text) {
    size_t length = strcspn(text, "\n");
    if (!is_own_line(text, length, json_get(before, "networks"))) {
      strbuf_add(out, text, length);
      strbuf_char(out, '\n');
    }
    text += length + (text[length] == '\n');
  }
}

static void add_own_lines(struct strbuf *out, const struct bridged *self) {
  const struct config *config = self->bundle->config;
  const char *host = config->hostname ? config->hostname : "";
  if (!*host) return;
  for (size_t i = 0; i < self->count; i++) {
    const struct ip *const ips[] = {&self->at[i].joined.ip, &self->at[i].joined.ip6};
    for (int six = 0; six < 2; six++) {
      char text[IP_TEXT];
      if (!ips[six]->family) continue;
      strbuf_format(out, "%s\t", ip_text(ips[six], text));
      if (config->domainname && *config->domainname) strbuf_format(out, "%s.%s ", host, config->domainname);
      strbuf_format(out, "%s\n", host);
    }
  }
}

/* In place: the container has the file itself mounted. The program's own changes stay. */
static int write_hosts(const struct bridged *self, yajl_val before, struct fail *fail) {
  cleanup_strbuf struct strbuf text = {0};
  cleanup_free char *old = read_file(self->bundle->fd, "hosts", LARGEST_HOSTS, NULL);
  if (!old) return errno == ENOENT ? 0 : fail_errno(fail, "read", "%s/hosts", self->bundle->path);
  keep_lines(&text, old, before);
  add_own_lines(&text, self);
  cleanup_fd int fd = openat(self->bundle->fd, "hosts", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 || write_all(fd, text.at, text.length) < 0 || ftruncate(fd, (off_t)text.length) < 0)
    return fail_errno(fail, "write", "%s/hosts", self->bundle->path);
  return 0;
}

/* networks.json of this run or the last one, or NULL. */
static yajl_val read_before(const struct bundle *bundle) {
  struct fail ignored;
  cleanup_free char *text = read_file(bundle->fd, "networks.json", LARGEST_HOSTS, NULL);
  return text ? json_parse(text, "networks.json", &ignored) : NULL;
}

/* networks.json and hosts, after every change. */
static int record(const struct bridged *self, struct fail *fail) {
  cleanup_strbuf struct strbuf text = {0};
  cleanup_json yajl_val before = read_before(self->bundle);
  if (write_hosts(self, before, fail) < 0) return -1;
  strbuf_text(&text, "{\"version\":1,\"networks\":[");
  for (size_t i = 0; i < self->count; i++)
    strbuf_format(&text, "%s%s", i ? "," : "", self->at[i].joined.json);
  strbuf_text(&text, "]}\n");
  if (write_file_atomic(self->bundle->fd, "networks.json", text.at, text.length, 0600, 0) == 0) return 0;
  return fail_errno(fail, "write", "%s/networks.json", self->bundle->path);
}

/* The addresses the container had there, where it asks for none. */
static struct sampan_membership as_before(const struct sampan_membership *wanted, yajl_val before) {
  struct sampan_membership same = *wanted;
  yajl_val networks = json_get(before, "networks");
  for (size_t i = 0; YAJL_IS_ARRAY(networks) && i < networks->u.array.len; i++) {
    yajl_val network = networks->u.array.values[i];
    const char *id = json_text(network, "id");
    if (!id || strcmp(id, wanted->id) != 0) continue;
    if (!same.ip) same.ip = json_text(network, "ip");
    if (!same.ip6) same.ip6 = json_text(network, "ip6");
  }
  return same;
}

/* With the addresses of the last run, if nobody has them now and the network is still the same. */
static int join_one(struct bridged *self, const struct sampan_membership *wanted, yajl_val before,
                    struct fail *fail) {
  if (self->count == MOST_NETWORKS)
    return fail_say(fail, EXIT_HELPER, "join network", "a container can be on %d networks, not more",
                    MOST_NETWORKS);
  const struct sampan_network *network = self->bundle->sampan->network;
  struct sampan_membership same = as_before(wanted, before);
  struct fail ignored = {0};
  struct joined joined;
  bool asks_more = same.ip != wanted->ip || same.ip6 != wanted->ip6;
  if ((!asks_more ||
       bridge_join(self->connection, network, &same, NULL, self->netns, &joined, &ignored) < 0) &&
      bridge_join(self->connection, network, wanted, NULL, self->netns, &joined, fail) < 0)
    return -1;
  self->at[self->count].wanted = wanted;
  self->at[self->count++].joined = joined;
  return 0;
}

int bridged_open(const struct bundle *bundle, const struct lease *lease, int netns, struct bridged **out,
                 struct fail *fail) {
  struct bridged *self = need_memory(sizeof *self);
  *self = (struct bridged){.bundle = bundle, .netns = netns, .connection = -1};
  const struct sampan_network *network = bundle->sampan->network;
  cleanup_json yajl_val before = read_before(bundle);
  self->connection = bridge_connect(lease, fail);
  if (self->connection < 0) goto failed;
  for (size_t i = 0; i < network->networks.count; i++)
    if (join_one(self, &network->networks.at[i], before, fail) < 0) goto failed;
  if (record(self, fail) < 0) goto failed;
  *out = self;
  return 0;
failed:
  bridged_close(self);
  return -1;
}

void bridged_close(struct bridged *self) {
  if (!self) return;
  drop_fd(&self->connection);
  for (size_t i = 0; i < self->count; i++) joined_free(&self->at[i].joined);
  free(self);
}

int bridged_connection(const struct bridged *self) {
  return self->connection;
}

/* As before; at another address where a container that was quicker has the one that was only chosen for us.
 */
static int rejoin(const struct bridged *self, size_t i, struct joined *out, struct fail *fail) {
  const struct sampan_network *network = self->bundle->sampan->network;
  const struct sampan_membership *wanted = self->at[i].wanted;
  const struct joined *before = &self->at[i].joined;
  if (bridge_join(self->connection, network, wanted, before, self->netns, out, fail) == 0) return 0;
  if (wanted->ip || wanted->ip6) return -1;
  struct joined elsewhere = *before;
  elsewhere.ip = elsewhere.ip6 = (struct ip){0};
  elsewhere.mac[0] = 0;
  return bridge_join(self->connection, network, wanted, &elsewhere, self->netns, out, fail);
}

int bridged_repair(struct bridged *self, const struct lease *lease, struct fail *fail) {
  drop_fd(&self->connection);
  self->connection = bridge_connect(lease, fail);
  if (self->connection < 0) return -1;
  int done = 0;
  for (size_t i = 0; i < self->count; i++) {
    struct joined joined;
    if (rejoin(self, i, &joined, fail) < 0) {
      done = -1; /* the others all the same */
      continue;
    }
    joined_free(&self->at[i].joined);
    self->at[i].joined = joined;
  }
  return record(self, fail) < 0 ? -1 : done;
}

int bridged_join(struct bridged *self, const struct sampan_membership *wanted, struct strbuf *answer,
                 struct fail *fail) {
  if (join_one(self, wanted, NULL, fail) < 0 || record(self, fail) < 0) return -1;
  strbuf_format(answer, "{\"joined\":%s}", self->at[self->count - 1].joined.json);
  return 0;
}

int bridged_leave(struct bridged *self, const char *name, struct strbuf *answer, struct fail *fail) {
  for (size_t i = 0; i < self->count; i++) {
    if (strcmp(self->at[i].joined.name, name) != 0 && strcmp(self->at[i].joined.id, name) != 0) continue;
    if (bridge_leave(self->connection, self->at[i].joined.id, self->netns, fail) < 0) return -1;
    json_open(answer, NULL, '{');
    json_add_text(answer, "left", self->at[i].joined.name);
    json_close(answer, '}');
    joined_free(&self->at[i].joined);
    memmove(&self->at[i], &self->at[i + 1], (--self->count - i) * sizeof *self->at);
    return record(self, fail);
  }
  return fail_say(fail, EXIT_HELPER, "leave network", "the container is not on network %s", name);
}

int bridged_rename(struct bridged *self, struct fail *fail) {
  if (bridge_rename(self->connection, self->bundle->sampan->network, fail) < 0) return -1;
  return record(self, fail);
}

struct inside *bridged_inside(const struct bridged *self) {
  struct inside *inside = need_memory(sizeof *inside);
  *inside = (struct inside){.keep_source = true};
  for (size_t i = 0; i < self->count; i++) {
    const struct joined *joined = &self->at[i].joined;
    const struct ip *const ips[] = {&joined->ip, &joined->ip6};
    const struct ip *const gateways[] = {&joined->gateway, &joined->gateway6};
    const unsigned prefixes[] = {joined->prefix, joined->prefix6};
    for (int six = 0; six < 2; six++) {
      if (!ips[six]->family) continue;
      if (!inside->own[six].family) {
        inside->own[six] = *ips[six];
        inside->gateway[six] = *gateways[six];
      }
      if (inside->near_count < MOST_NEAR)
        inside->near[inside->near_count++] = (struct subnet){.base = *ips[six], .prefix = prefixes[six]};
    }
  }
  return inside;
}
