/*
 * ask SERVER NAME SECONDS WINDOW: asks a name server for one address over and over, WINDOW questions under way at any
 * time. Prints answers a second, and the median and the 99th percentile of the time to an answer in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IDS = 65536, MOST = 1 << 24, LOST = 1000 /* ms */, LABEL = 63 };

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static size_t make_question(uint8_t *out, const char *name) {
  static const uint8_t header[] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, tail[] = {0, 0, 1, 0, 1};
  size_t used = sizeof header;
  memcpy(out, header, used);
  while (*name) {
    size_t label = strcspn(name, ".");
    if (label == 0 || label > LABEL || used + label > 250) exit(2);
    out[used++] = (uint8_t)label;
    memcpy(out + used, name, label);
    used += label;
    name += label + (name[label] == '.');
  }
  memcpy(out + used, tail, sizeof tail);
  return used + sizeof tail;
}

static int by_size(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return left < right ? -1 : left > right;
}

int main(int argc, char **argv) {
  static int64_t sent[IDS];
  static uint32_t took[MOST]; /* µs / 10 */
  uint8_t question[512], answer[4096];
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(53)};
  if (argc != 5 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) return 2;
  size_t length = make_question(question, argv[2]), count = 0;
  int window = atoi(argv[4]), open = 0, fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) return 1;
  uint16_t id = 0;
  int64_t begin = now(), end = begin + atoll(argv[3]) * 1000000000LL;
  while (now() < end && count < MOST) {
    for (; open < window; open++) {
      id++;
      question[0] = (uint8_t)(id >> 8);
      question[1] = (uint8_t)id;
      sent[id] = now();
      if (send(fd, question, length, 0) != (ssize_t)length) return 1;
    }
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    if (poll(&poller, 1, LOST) == 0) open = 0; /* all lost */
    ssize_t got;
    while ((got = recv(fd, answer, sizeof answer, MSG_DONTWAIT)) > 0) {
      uint16_t which = (uint16_t)(answer[0] << 8 | answer[1]);
      if (got < 12 || answer[7] == 0) return 3; /* no address in it */
      took[count++] = (uint32_t)((now() - sent[which]) / 100);
      open--;
    }
  }
  double seconds = (double)(now() - begin) / 1e9;
  if (count == 0) return 4;
  qsort(took, count, sizeof *took, by_size);
  printf("%.0f %.1f %.1f\n", (double)count / seconds, took[count / 2] / 10.0, took[count - count / 100 - 1] / 10.0);
  return 0;
}
