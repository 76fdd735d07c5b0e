/*
 * The kernel's floor: the same bytes to every connection with one send() each, and nothing else.
 *
 * Standard output: the port on a line, then one byte for each turn that was sent.
 * Standard input: turns, each of them its length (32 bits, little-endian as on x86 and ARM) and its bytes.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 65536 /* descriptors */
#define BACKLOG 4096

static const char HEAD[] =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
  "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n";

static char subscribed[MOST]; /* by descriptor */
static int highest = 0;
static int queue; /* of epoll */

static void must(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static void leave(int fd) {
  subscribed[fd] = 0;
  close(fd);
}

/* A full socket is waited for, so that no event is lost. */
static void send_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes += sent;
      length -= sent;
    } else if (errno == EAGAIN) {
      struct pollfd writable = {.fd = fd, .events = POLLOUT};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return leave(fd);
    }
  }
}

/* 1 when there was a turn, 0 at the end of the input. */
static int read_all(void *into, size_t length) {
  for (size_t have = 0; have < length;) {
    ssize_t got = read(STDIN_FILENO, (char *)into + have, length - have);
    if (got <= 0) return 0;
    have += got;
  }
  return 1;
}

static void send_turn(void) {
  static char *turn;
  static uint32_t room;
  uint32_t length;
  if (!read_all(&length, sizeof length)) exit(0);
  if (length > room) must((turn = realloc(turn, room = length)) != NULL, "realloc");
  if (!read_all(turn, length)) exit(0);
  for (int fd = 0; fd <= highest; fd++) {
    if (subscribed[fd]) send_all(fd, turn, length);
  }
  must(write(STDOUT_FILENO, ".", 1) == 1, "write");
}

static void watch(int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  must(epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void accept_all(int listener) {
  int fd, yes = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    must(fd < MOST, "too many connections");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes); /* as in Node */
    watch(fd);
  }
}

/* The load generator sends a request in one piece, and nothing after it. */
static void answer(int fd) {
  char request[4096];
  ssize_t got = recv(fd, request, sizeof request, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return leave(fd);
  if (subscribed[fd]) return;
  subscribed[fd] = 1;
  if (fd > highest) highest = fd;
  send_all(fd, HEAD, sizeof HEAD - 1);
}

static int listen_on_loopback(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  must(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, BACKLOG) == 0, "listen");
  getsockname(listener, (struct sockaddr *)&at, &size);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  return listener;
}

int main(void) {
  queue = epoll_create1(0);
  int listener = listen_on_loopback();
  watch(listener);
  watch(STDIN_FILENO);
  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(queue, events, 256, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) accept_all(listener);
      else if (fd == STDIN_FILENO) send_turn();
      else answer(fd);
    }
  }
}
