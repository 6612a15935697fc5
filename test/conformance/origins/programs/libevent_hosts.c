/* What libevent's own HTTP server serves by host; prints name and port as JSON. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static int is_host(const char *host, const char *name) {
  size_t length = strlen(name);
  if (host == NULL || strncasecmp(host, name, length) != 0) return 0;
  host += length;
  if (*host == '.') host++;
  return *host == 0 || *host == ':';
}

static const char *routed(const char *path) {
  if (strcmp(path, "/page") == 0 || strcmp(path, "/deep/er/page") == 0) return "listed page";
  if (strncmp(path, "/dir/fine/", 10) == 0) return "allowed";
  return strncmp(path, "/dir/", 5) == 0 ? "listed directory" : "neighbour";
}

static void answer(struct evhttp_request *request, void *unused) {
  (void)unused;
  const char *host = evhttp_request_get_host(request);
  const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
  const char *path = uri == NULL || evhttp_uri_get_path(uri) == NULL ? "" : evhttp_uri_get_path(uri);
  const char *served = is_host(host, "listed.localhost") ? "listed page"
                       : is_host(host, "paths.localhost") ? routed(path)
                                                          : "neighbour";
  struct evbuffer *body = evbuffer_new();
  evbuffer_add_printf(body, "served: %s.\n", served);
  evhttp_send_reply(request, 200, "OK", body);
  evbuffer_free(body);
}

int main(void) {
  struct event_base *base = event_base_new();
  struct evhttp *http = evhttp_new(base);
  evhttp_set_allowed_methods(http, 0xffff);
  evhttp_set_gencb(http, answer, NULL);
  struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
  if (bound == NULL) return 1;
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &length);
  printf("{\"libevent-hosts\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return event_base_dispatch(base);
}
