// A server of Mbed TLS: mbedtls-server PORT CERT KEY NAME NAME_CERT NAME_KEY. It shows the second certificate to who asks for NAME, the first to
// everybody else.
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static mbedtls_x509_crt certificates[2];
static mbedtls_pk_context keys[2];
static mbedtls_ssl_config config;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context random_numbers;
static pthread_mutex_t random_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *name;

static int draw(void *argument, unsigned char *bytes, size_t length) {
  pthread_mutex_lock(&random_lock);
  int result = mbedtls_ctr_drbg_random(argument, bytes, length);
  pthread_mutex_unlock(&random_lock);
  return result;
}

static int by_name(void *argument, mbedtls_ssl_context *ssl, const unsigned char *asked, size_t length) {
  (void)argument;
  if (length != strlen(name) || strncasecmp((const char *)asked, name, length) != 0) return 0;
  return mbedtls_ssl_set_hs_own_cert(ssl, &certificates[1], &keys[1]);
}

static void *serve(void *argument) {
  mbedtls_net_context socket = {.fd = (int)(intptr_t)argument};
  mbedtls_ssl_context ssl;
  unsigned char bytes[1024];
  mbedtls_ssl_init(&ssl);
  if (mbedtls_ssl_setup(&ssl, &config) == 0) {
    mbedtls_ssl_set_bio(&ssl, &socket, mbedtls_net_send, mbedtls_net_recv, NULL);
    if (mbedtls_ssl_handshake(&ssl) == 0)
      while (mbedtls_ssl_read(&ssl, bytes, sizeof bytes) > 0) {
      }
  }
  mbedtls_ssl_free(&ssl);
  mbedtls_net_free(&socket);
  return NULL;
}

static void read_pair(int index, const char *certificate, const char *key) {
  mbedtls_x509_crt_init(&certificates[index]);
  mbedtls_pk_init(&keys[index]);
  if (mbedtls_x509_crt_parse_file(&certificates[index], certificate) != 0 ||
      mbedtls_pk_parse_keyfile(&keys[index], key, NULL, mbedtls_ctr_drbg_random, &random_numbers) != 0)
    exit(1);
}

int main(int count, char **words) {
  mbedtls_net_context listener, client;
  if (count != 7 || psa_crypto_init() != PSA_SUCCESS) return 2;
  signal(SIGPIPE, SIG_IGN);
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random_numbers);
  if (mbedtls_ctr_drbg_seed(&random_numbers, mbedtls_entropy_func, &entropy, NULL, 0) != 0) return 1;
  read_pair(0, words[2], words[3]);
  read_pair(1, words[5], words[6]);
  name = words[4];
  mbedtls_ssl_config_init(&config);
  if (mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0) return 1;
  mbedtls_ssl_conf_rng(&config, draw, &random_numbers);
  mbedtls_ssl_conf_sni(&config, by_name, NULL);
  if (mbedtls_ssl_conf_own_cert(&config, &certificates[0], &keys[0]) != 0) return 1;
  mbedtls_net_init(&listener);
  if (mbedtls_net_bind(&listener, "127.0.0.1", words[1], MBEDTLS_NET_PROTO_TCP) != 0) return 1;
  for (;;) {
    pthread_t thread;
    mbedtls_net_init(&client);
    if (mbedtls_net_accept(&listener, &client, NULL, 0, NULL) != 0) continue;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)client.fd) == 0) pthread_detach(thread);
    else mbedtls_net_free(&client);
  }
}
