// A server of wolfSSL: wolfssl-server PORT CERT KEY NAME NAME_CERT NAME_KEY. It shows the second certificate to who asks for NAME, the first to
// everybody else.
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static WOLFSSL_CTX *other, *named;
static const char *name;

static WOLFSSL_CTX *context_of(const char *certificate, const char *key) {
  WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfSSLv23_server_method());
  if (context == NULL || wolfSSL_CTX_use_certificate_chain_file(context, certificate) != WOLFSSL_SUCCESS ||
      wolfSSL_CTX_use_PrivateKey_file(context, key, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
    exit(1);
  return context;
}

static int by_name(WOLFSSL *ssl, int *alert, void *argument) {
  const char *asked = wolfSSL_get_servername(ssl, WOLFSSL_SNI_HOST_NAME);
  (void)alert;
  (void)argument;
  if (asked != NULL && strcasecmp(asked, name) == 0) wolfSSL_set_SSL_CTX(ssl, named);
  return 0;
}

static void *serve(void *argument) {
  int socket = (int)(intptr_t)argument;
  WOLFSSL *ssl = wolfSSL_new(other);
  char bytes[1024];
  if (ssl != NULL && wolfSSL_set_fd(ssl, socket) == WOLFSSL_SUCCESS && wolfSSL_accept(ssl) == WOLFSSL_SUCCESS)
    while (wolfSSL_read(ssl, bytes, sizeof bytes) > 0) {
    }
  wolfSSL_free(ssl);
  close(socket);
  // What each thread has computed is its own, and nobody's behind its end.
#ifdef FP_ECC
  wc_ecc_fp_free();
#endif
  return NULL;
}

int main(int count, char **words) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (count != 7) return 2;
  signal(SIGPIPE, SIG_IGN);
  wolfSSL_Init();
  other = context_of(words[2], words[3]);
  named = context_of(words[5], words[6]);
  name = words[4];
  wolfSSL_CTX_set_servername_callback(other, by_name);
  place.sin_port = htons((uint16_t)atoi(words[1]));
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&place, sizeof place) != 0 || listen(listener, 200) != 0) return 1;
  for (;;) {
    pthread_t thread;
    int socket = accept(listener, NULL, NULL);
    if (socket < 0) continue;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)socket) == 0) pthread_detach(thread);
    else close(socket);
  }
}
