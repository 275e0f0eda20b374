/* See client.h. Runs in the monitor's main thread. */
#include "client.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/json.h"
#include "../common/socket.h"
#include "../spec/shapes.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { DEADLINE = 15000 };

/* One request, one answer. */
static int ask(int connection, const struct strbuf *request, int send, struct strbuf *answer, int *got,
               struct fail *fail) {
  static char text[REQUEST_MOST + 1];
  struct pollfd poller = {.fd = connection, .events = POLLIN};
  int none = -1;
  if (request->length > REQUEST_MOST)
    return fail_say(fail, EXIT_HELPER, "ask net keeper", "the names of the container are too long");
  if (send_fds(connection, request->at, request->length, &send, send >= 0 ? 1 : 0) < 0)
    return fail_errno(fail, "ask net keeper", "%s", "");
  if (poll(&poller, 1, DEADLINE) <= 0)
    return fail_say(fail, EXIT_HELPER, "ask net keeper", "the net keeper does not answer");
  ssize_t length = recv_fds(connection, text, REQUEST_MOST, got ? got : &none, 1);
  if (length <= 0) return fail_say(fail, EXIT_HELPER, "ask net keeper", "the net keeper has gone");
  text[length] = 0;
  if (fail_read(fail, text) == 0) return -1;
  strbuf_text(answer, text);
  return 0;
}

int bridge_connect(const struct lease *lease, struct fail *fail) {
  cleanup_strbuf struct strbuf request = {0}, answer = {0};
  int fd = -1;
  strbuf_text(&request, "{\"want\":\"network\"}");
  if (ask(lease->connection, &request, -1, &answer, &fd, fail) < 0) return -1;
  if (fd < 0) return fail_say(fail, EXIT_HELPER, "ask keeper", "the keeper knows no networks");
  return fd;
}

static void add_texts(struct strbuf *out, const char *name, const texts *list) {
  json_open(out, name, '[');
  for (size_t i = 0; i < list->count; i++) json_add_text(out, NULL, list->at[i]);
  json_close(out, ']');
}

static const char *address_wanted(const char *asked, const struct ip *before, char *text) {
  if (asked) return asked;
  return before && before->family ? ip_text(before, text) : NULL;
}

static void add_membership(struct strbuf *out, const struct sampan_membership *wanted,
                           const struct joined *again) {
  char text[IP_TEXT];
  json_open(out, "network", '{');
  json_add_text(out, "name", wanted->name);
  json_add_text(out, "id", wanted->id);
  json_add_text(out, "bridge", wanted->bridge);
  json_open(out, "subnets", '[');
  for (size_t i = 0; i < wanted->subnets.count; i++) {
    const struct sampan_subnet *subnet = &wanted->subnets.at[i];
    json_open(out, NULL, '{');
    json_add_text(out, "subnet", subnet->subnet);
    json_add_text(out, "gateway", subnet->gateway);
    json_add_text(out, "range", subnet->range);
    add_texts(out, "reserved", &subnet->reserved);
    json_close(out, '}');
  }
  json_close(out, ']');
  json_add_text(out, "ip", address_wanted(wanted->ip, again ? &again->ip : NULL, text));
  json_add_text(out, "ip6", address_wanted(wanted->ip6, again ? &again->ip6 : NULL, text));
  json_add_text(out, "mac", again && *again->mac ? again->mac : wanted->mac);
  add_texts(out, "aliases", &wanted->aliases);
  json_add_whole(out, "mtu", wanted->mtu);
  json_add_flag(out, "internal", wanted->internal);
  json_add_flag(out, "dns", wanted->dns);
  json_add_flag(out, "isolated", wanted->isolated);
  json_add_flag(out, "noDefaultRoute", wanted->no_default_route);
  json_add_whole(out, "metric", wanted->metric);
  json_open(out, "routes", '[');
  for (size_t i = 0; i < wanted->routes.count; i++) {
    json_open(out, NULL, '{');
    json_add_text(out, "to", wanted->routes.at[i].to);
    json_add_text(out, "gateway", wanted->routes.at[i].gateway);
    json_add_whole(out, "metric", wanted->routes.at[i].metric);
    json_close(out, '}');
  }
  json_close(out, ']');
  json_add_text(out, "interface", again ? again->interface : wanted->interface);
  json_close(out, '}');
}

static void copy_member(char *out, size_t room, yajl_val object, const char *name) {
  const char *text = json_text(object, name);
  snprintf(out, room, "%s", text ? text : "");
}

static int read_joined(struct strbuf *answer, struct joined *out, struct fail *fail) {
  cleanup_json yajl_val value = json_parse(answer->at, "the net keeper's answer", fail);
  if (!value) return -1;
  yajl_val joined = json_get(value, "joined");
  *out = (struct joined){.prefix = (unsigned)json_whole(joined, "prefix", 0),
                         .prefix6 = (unsigned)json_whole(joined, "prefix6", 0)};
  copy_member(out->name, sizeof out->name, joined, "name");
  copy_member(out->id, sizeof out->id, joined, "id");
  copy_member(out->interface, sizeof out->interface, joined, "interface");
  copy_member(out->mac, sizeof out->mac, joined, "mac");
  ip_parse(json_text(joined, "ip"), &out->ip);
  ip_parse(json_text(joined, "ip6"), &out->ip6);
  ip_parse(json_text(joined, "gateway"), &out->gateway);
  ip_parse(json_text(joined, "gateway6"), &out->gateway6);
  /* {"joined":OBJECT} */
  size_t lead = strlen("{\"joined\":");
  if (answer->length <= lead + 1) return fail_say(fail, EXIT_HELPER, "ask net keeper", "a short answer");
  out->json = format_text("%.*s", (int)(answer->length - lead - 1), answer->at + lead);
  return 0;
}

int bridge_join(int connection, const struct sampan_network *network, const struct sampan_membership *wanted,
                const struct joined *again, int netns, struct joined *out, struct fail *fail) {
  cleanup_strbuf struct strbuf request = {0}, answer = {0};
  json_open(&request, NULL, '{');
  json_add_text(&request, "want", "join");
  add_membership(&request, wanted, again);
  add_texts(&request, "names", &network->names);
  add_texts(&request, "resolvers", &network->resolvers);
  add_texts(&request, "command", &network->command);
  json_add_text(&request, "outside", outside_programs[network->outside]);
  json_add_whole(&request, "mtu", network->mtu);
  json_add_flag(&request, "ipv6", network->ipv6);
  json_add_flag(&request, "noHostLoopback", network->no_host_loopback);
  json_add_flag(&request, "again", again != NULL);
  json_close(&request, '}');
  if (ask(connection, &request, netns, &answer, NULL, fail) < 0) return -1;
  return read_joined(&answer, out, fail);
}

int bridge_leave(int connection, const char *name, int netns, struct fail *fail) {
  cleanup_strbuf struct strbuf request = {0}, answer = {0};
  json_open(&request, NULL, '{');
  json_add_text(&request, "want", "leave");
  json_add_text(&request, "name", name);
  json_close(&request, '}');
  return ask(connection, &request, netns, &answer, NULL, fail);
}

int bridge_rename(int connection, const struct sampan_network *network, struct fail *fail) {
  cleanup_strbuf struct strbuf request = {0}, answer = {0};
  json_open(&request, NULL, '{');
  json_add_text(&request, "want", "names");
  add_texts(&request, "names", &network->names);
  add_texts(&request, "resolvers", &network->resolvers);
  json_close(&request, '}');
  return ask(connection, &request, -1, &answer, NULL, fail);
}

void joined_free(struct joined *joined) {
  free(joined->json);
  *joined = (struct joined){0};
}
