/*
 * A link between two network namespaces on which each packet takes a while: a kernel without netem has no other. It makes a TUN device in
 * each of the two, and gives what it reads from one to the other when its time has come. It loses nothing and keeps the order. Where too
 * many packets are under way it reads no more, and the device's own queue fills.
 *
 *   distance NAMESPACE DEVICE NAMESPACE DEVICE MICROSECONDS     a namespace is a path of /proc or /run/netns; the time is that of one way
 *
 * It says `ready` when both devices are there, and after each line of its standard input, which is another time for one way. It ends, and
 * its devices with it, when its standard input does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { MAX_UNDER_WAY = 1 << 16, MAX_PACKET = 1 << 16, AT_ONCE = 64 };

struct packet {
  int64_t due;
  ssize_t length;
  char bytes[];
};

/* One way: a ring, the oldest packet first. */
struct way {
  int from, to;
  unsigned first, count;
  struct packet *ring[MAX_UNDER_WAY];
};

static struct way ways[2];
static int64_t delay;

static void fail(const char *what) {
  fprintf(stderr, "distance: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* A device belongs to the namespace in which its descriptor was opened. */
static int device_in(const char *namespace, const char *name) {
  int entered = open(namespace, O_RDONLY | O_CLOEXEC);
  if (entered < 0 || setns(entered, CLONE_NEWNET) < 0) fail(namespace);
  close(entered);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(device, TUNSETIFF, &request) < 0) fail(name);
  return device;
}

static void set_delay(const char *microseconds) {
  delay = strtoll(microseconds, NULL, 10) * 1000;
  puts("ready");
  fflush(stdout);
}

static void take(struct way *way) {
  static char bytes[MAX_PACKET];
  for (int i = 0; i < AT_ONCE && way->count < MAX_UNDER_WAY; i++) {
    ssize_t length = read(way->from, bytes, sizeof bytes);
    if (length <= 0) return;
    struct packet *packet = malloc(sizeof *packet + length);
    if (packet == NULL) fail("memory");
    packet->due = now() + delay;
    packet->length = length;
    memcpy(packet->bytes, bytes, length);
    way->ring[(way->first + way->count++) % MAX_UNDER_WAY] = packet;
  }
}

/* Those whose time has come. @returns nanoseconds until that of the next one; -1: none is under way */
static int64_t give(struct way *way) {
  while (way->count > 0) {
    struct packet *packet = way->ring[way->first];
    int64_t left = packet->due - now();
    if (left > 0) return left;
    /* A device that is down takes nothing, as an unplugged cable. */
    ssize_t written = write(way->to, packet->bytes, packet->length);
    (void)written;
    free(packet);
    way->first = (way->first + 1) % MAX_UNDER_WAY;
    way->count--;
  }
  return -1;
}

static void wait_for_any(struct pollfd *polled, int64_t one, int64_t other) {
  int64_t left = one < 0 || (other >= 0 && other < one) ? other : one;
  struct timespec bound = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
  if (ppoll(polled, 3, left < 0 ? NULL : &bound, NULL) < 0 && errno != EINTR) fail("poll");
}

int main(int count, char **words) {
  if (count != 6) return fprintf(stderr, "distance NAMESPACE DEVICE NAMESPACE DEVICE MICROSECONDS\n"), 2;
  int one = device_in(words[1], words[2]), other = device_in(words[3], words[4]);
  ways[0].from = ways[1].to = one;
  ways[0].to = ways[1].from = other;
  set_delay(words[5]);
  for (;;) {
    struct pollfd polled[3] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    for (int i = 0; i < 2; i++) {
      polled[i + 1].fd = ways[i].from;
      polled[i + 1].events = ways[i].count < MAX_UNDER_WAY ? POLLIN : 0;
    }
    int64_t first = give(&ways[0]), second = give(&ways[1]);
    wait_for_any(polled, first, second);
    for (int i = 0; i < 2; i++)
      if (polled[i + 1].revents & POLLIN) take(&ways[i]);
    if (polled[0].revents == 0) continue;
    char line[32] = "";
    if (read(STDIN_FILENO, line, sizeof line - 1) <= 0) return 0;
    set_delay(line);
  }
}
